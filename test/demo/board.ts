import { KINDS } from './application.js';
import { kinds, type Tally } from './tally.js';

// 78 columns in all: a line that wraps would spoil the redrawing in place.
const NAME_WIDTH = 18;
const COLUMN_WIDTH = 12;

/** The table of who executed what: one line a server, one column a kind. */
export function renderTally(tally: Tally): string[] {
  const head = [
    'server'.padEnd(NAME_WIDTH),
    ...kinds().map((kind) => KINDS[kind].title.padStart(COLUMN_WIDTH)),
    'all'.padStart(COLUMN_WIDTH),
  ];
  const rows = tally.servers.map((server) => {
    const name = `${server.serverId}  ${server.role} :${server.port}`;
    const cells = kinds().map((kind) => cell(tally.count(server.serverId, kind)));
    return [name.padEnd(NAME_WIDTH), ...cells, cell(tally.totalOf(server.serverId))].join('');
  });
  return [head.join(''), ...rows];
}

function cell(value: number): string {
  return (value === 0 ? '–' : value.toLocaleString('en-US')).padStart(COLUMN_WIDTH);
}

/** Shows the table once a second: in place on a terminal, one below the other elsewhere. */
export class Board {
  private height = 0;
  private lastTotal = 0;

  constructor(
    private readonly output: NodeJS.WriteStream,
    private readonly tally: Tally,
  ) {}

  /** @param elapsedS seconds since the load began, @param intervalS seconds since the last call */
  show(elapsedS: number, ofS: number, intervalS: number): void {
    const rate = intervalS > 0 ? Math.round((this.tally.total - this.lastTotal) / intervalS) : 0;
    this.lastTotal = this.tally.total;
    const state = `${Math.min(Math.round(elapsedS), ofS)}/${ofS} s`.padEnd(10);
    const title = `${state}${rate.toLocaleString('en-US')} statements/s, ${this.tally.wrong} on the wrong server, ${this.tally.errors} errors`;
    const lines = ['', title, ...renderTally(this.tally)];
    if (this.output.isTTY && this.height > 0) this.output.write(`\u001b[${this.height}A\u001b[J`);
    this.output.write(`${lines.join('\n')}\n`);
    this.height = lines.length;
  }
}

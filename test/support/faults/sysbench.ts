import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { APP } from '../servers/accounts.js';
import { GuardedProcess } from '../servers/guarded-process.js';
import { findProgram } from '../servers/locate.js';

/** Bounded also when nobody stops it. */
const LONGEST_S = 900;
const EVENTS_PER_SECOND = 40;
const ROWS = 1000;
/** `[ 12s ] thds: 2 tps: 39.99 qps: 559.86 (r/w/o: 559.86/0.00/0.00) lat (ms,95%): 4.10 err/s: 0.00 reconn/s: 0.00` */
const REPORT = /^\[ \d+s \] thds: .* qps: ([\d.]+) .* err\/s: ([\d.]+) reconn\/s: ([\d.]+)$/gm;

const runFile = promisify(execFile);

/** What runs without transactions, so that it can be halted at any moment without keeping a connection of a server. */
const LOADS = {
  /** Ends at the first error that it is told. */
  reads: ['oltp_read_only', '--skip-trx=on', '--db-ps-mode=auto', '--range-size=10', '--mysql-ignore-errors='],
  /** Goes on whatever it is told; a connection that it loses shows as a reconnect. */
  writes: ['oltp_update_non_index', '--db-ps-mode=disable', '--mysql-ignore-errors=all'],
} as const;

/** sysbench beside the checked load: programs of others, on a C connector, whose connections must outlive every fault. */
export class Sysbench {
  private constructor(
    private readonly directory: string,
    private readonly processes: Readonly<Record<keyof typeof LOADS, GuardedProcess>>,
  ) {}

  /**
   * @param primary port of the server where its table is made
   * @param port of weir
   * @returns null where there is no sysbench and tests need not insist on it (`WEIR_TEST_FLAVOURS` is not set)
   * @throws when it is wanted and not there, or can not make its table
   */
  static async start(primary: number, port: number): Promise<Sysbench | null> {
    const program = findProgram(['sysbench']);
    if (program === null) {
      if ((process.env['WEIR_TEST_FLAVOURS'] ?? '') === '') return null;
      throw new Error('sysbench is not on this machine; WEIR_TEST_FLAVOURS demands it');
    }
    await runFile(program, ['oltp_read_write', ...argumentsFor(primary), 'prepare'], { timeout: 60_000 });
    const directory = mkdtempSync(path.join(os.tmpdir(), 'weir-sysbench-'));
    const start = (kind: keyof typeof LOADS): GuardedProcess => {
      const pace = ['--threads=2', `--rate=${EVENTS_PER_SECOND}`, `--time=${LONGEST_S}`, '--report-interval=1'];
      return new GuardedProcess(program, [...LOADS[kind], ...argumentsFor(port), ...pace, 'run'], path.join(directory, kind), directory);
    };
    return new Sysbench(directory, { reads: start('reads'), writes: start('writes') });
  }

  halt(): void {
    for (const process of Object.values(this.processes)) process.signal('SIGSTOP');
  }

  goOn(): void {
    for (const process of Object.values(this.processes)) process.signal('SIGCONT');
  }

  /** Everything that its programs were told or lost; empty when all was well. */
  get wrong(): string[] {
    return (Object.keys(LOADS) as (keyof typeof LOADS)[]).flatMap((kind) => {
      const { running, logFile } = this.processes[kind];
      if (!running) return [`sysbench (${kind}) has ended:\n${this.processes[kind].logTail()}`];
      const { queries, errors, reconnects } = figuresOf(logFile);
      const found = reconnects > 0 ? [`sysbench (${kind}) lost ${reconnects} connections`] : [];
      if (kind === 'reads' && errors > 0) found.push(`sysbench (${kind}) was told ${errors} errors`);
      if (queries === 0) found.push(`sysbench (${kind}) got no answer`);
      return found;
    });
  }

  async stop(): Promise<void> {
    this.goOn();
    for (const process of Object.values(this.processes)) await process.terminate(2000);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function argumentsFor(port: number): string[] {
  const account = [`--mysql-user=${APP.username}`, `--mysql-password=${APP.password}`, '--mysql-db=sbtest'];
  return ['--db-driver=mysql', '--mysql-host=127.0.0.1', `--mysql-port=${port}`, ...account, '--tables=1', `--table-size=${ROWS}`];
}

function figuresOf(logFile: string): { queries: number; errors: number; reconnects: number } {
  const figures = { queries: 0, errors: 0, reconnects: 0 };
  for (const [, queries, errors, reconnects] of readFileSync(logFile, 'utf8').matchAll(REPORT)) {
    figures.queries += Number(queries);
    figures.errors += Number(errors);
    figures.reconnects += Number(reconnects);
  }
  return figures;
}

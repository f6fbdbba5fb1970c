import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { classify, type FailedStatement, failureOf } from './classify.js';
import type { LedgerOfClient, LoadOptions, StatementKind } from './messages.js';
import { KNOWN_ROWS, knownText, knownValue } from './schema.js';
import type { Tally } from './tally.js';

/** Each client has a session variable of its own value: it must follow the session to every connection. */
const MARK = 4000;
const RECONNECT_PAUSE_MS = 200;

/** Lets clients wait together while the load is paused. */
export interface Gate {
  readonly isStopped: boolean;
  /** null while the load runs. */
  readonly paused: Promise<void> | null;
}

/** A statement and what is checked of it. */
export interface Step {
  readonly kind: StatementKind;
  readonly step: FailedStatement['step'];
  readonly title: string;
}

/** One client: a connection that is kept whatever happens to servers, and its running count of acknowledged work. */
export abstract class LoadClient {
  /** Since when its present statement runs, ms; 0 between statements. */
  runningSinceMs = 0;
  isReading = false;
  isWaiting = false;
  /** Start of its latest round without trouble, ms. */
  goodRoundSinceMs = 0;
  protected sequence = 0;
  protected readonly unknown: number[] = [];
  protected readonly refused: number[] = [];
  protected abstract readonly parts: number;
  private connection: Connection | null = null;
  private hadTrouble = false;
  private reads = 0;

  constructor(
    protected readonly index: number,
    protected readonly options: LoadOptions,
    protected readonly tally: Tally,
  ) {}

  /** One statement of each kind that this client sends. */
  protected abstract round(): Promise<void>;

  async run(gate: Gate): Promise<void> {
    while (!gate.isStopped) {
      if (gate.paused !== null) {
        this.isWaiting = true;
        await gate.paused;
        this.isWaiting = false;
        continue;
      }
      if (this.connection === null && !(await this.connect())) continue;
      const startedMs = Date.now();
      this.hadTrouble = false;
      await this.round();
      if (!this.hadTrouble) this.goodRoundSinceMs = startedMs;
    }
    this.connection?.destroy();
  }

  ledger(): LedgerOfClient {
    const { index: client, parts, sequence: last, unknown, refused } = this;
    return { client, parts, last, unknown, refused };
  }

  /** Reads a known row outside transactions and checks everything about the answer. */
  protected async read(kind: 'read' | 'preparedRead'): Promise<void> {
    this.reads += 1;
    const id = 1 + ((this.index * 37 + this.reads) % KNOWN_ROWS);
    const before = this.tally.permit;
    const title = `${kind} of row ${id}`;
    const rows = await this.attempt({ kind, step: 'only', title }, (connection) => this.fetch(connection, kind, id));
    if (rows === null) return;
    const [row] = rows;
    this.tally.executed('reads', Number(row?.['server']), before, () => `client ${this.index}: ${title}`);
    const isRight =
      rows.length === 1 &&
      Number(row?.['id']) === id &&
      Number(row?.['value']) === knownValue(id) &&
      row?.['text'] === knownText(id) &&
      Number(row?.['mark']) === MARK + this.index;
    if (!isRight) this.violate(`wrong answer to ${title}: ${JSON.stringify(rows).slice(0, 300)}`);
  }

  /**
   * Runs one statement. Resolves to null when it failed, which has been judged then; `onFailure` is told what the failure says
   * about the fate of the statement.
   */
  protected async attempt<Result>(
    step: Step,
    work: (connection: Connection) => Promise<Result>,
    onFailure: (verdict: ReturnType<typeof classify>) => void = () => {},
  ): Promise<Result | null> {
    const { connection } = this;
    const startedMs = Date.now();
    if (connection === null) {
      onFailure(null);
      return null;
    }
    this.runningSinceMs = startedMs;
    this.isReading = step.kind === 'read' || step.kind === 'preparedRead';
    try {
      const result = await work(connection);
      this.ended(startedMs, true);
      if (step.step === 'only' || step.step === 'commit') this.tally.done[step.kind] += 1;
      return result;
    } catch (error) {
      this.ended(startedMs, false);
      this.judge(step, error, Date.now() - startedMs, onFailure);
      return null;
    } finally {
      this.runningSinceMs = 0;
      await sleep(this.options.pauseMs);
    }
  }

  protected violate(text: string): void {
    this.tally.violate(`client ${this.index}: ${text}`);
  }

  protected query(connection: Connection, sql: string): Promise<RowDataPacket[]> {
    return connection.query<RowDataPacket[]>(sql).then(([rows]) => rows);
  }

  private async fetch(connection: Connection, kind: 'read' | 'preparedRead', id: number): Promise<RowDataPacket[]> {
    const columns = 'SELECT @@server_id AS server, @@group_concat_max_len AS mark, id, value, text FROM known WHERE id = ';
    if (kind === 'read') return this.query(connection, columns + id);
    const [rows] = await connection.execute<RowDataPacket[]>(`${columns}?`, [id]);
    return rows;
  }

  private ended(startedMs: number, isFine: boolean): void {
    const nowMs = Date.now();
    const elapsedMs = nowMs - startedMs;
    if (this.isReading) this.tally.slowestReadMs = Math.max(this.tally.slowestReadMs, elapsedMs);
    if (isFine && elapsedMs <= this.options.slowMs) return;
    this.hadTrouble = true;
    this.tally.trouble(this.isReading, nowMs);
  }

  private judge(step: Step, error: unknown, elapsedMs: number, onFailure: (verdict: ReturnType<typeof classify>) => void): void {
    const failure = failureOf(error);
    const verdict = classify(failure, { kind: step.kind, step: step.step, elapsedMs }, this.options.waitForServerMs);
    const text = `${step.title} after ${elapsedMs} ms: ${failure.errno} ${failure.message}${failure.fatal ? ' (its connection ended)' : ''}`;
    if (verdict === null) this.violate(text);
    else this.tally.tolerate(verdict, `client ${this.index}: ${text}`);
    if (failure.fatal) this.disconnect();
    onFailure(verdict);
  }

  private async connect(): Promise<boolean> {
    const { port, username, password } = this.options;
    try {
      const connection = await createConnection({ host: '127.0.0.1', port, user: username, password, database: 'app' });
      // Without a listener the loss of a connection would end this process; the next statement tells of it.
      connection.on('error', () => this.disconnect());
      this.connection = connection;
      await connection.query(`SET SESSION group_concat_max_len = ${MARK + this.index}`);
      return true;
    } catch (error) {
      this.violate(`connecting: ${failureOf(error).message}`);
      this.tally.trouble(false, Date.now());
      this.disconnect();
      await sleep(RECONNECT_PAUSE_MS);
      return false;
    }
  }

  private disconnect(): void {
    this.connection?.destroy();
    this.connection = null;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import type { Connection } from 'mysql2/promise';
import type { classify } from './classify.js';
import { LoadClient } from './client.js';

const EVERY_ROLLBACK = 7;

/** Reads outside transactions alone, in text and prepared. */
export class Reader extends LoadClient {
  protected readonly parts = 1;

  protected async round(): Promise<void> {
    await this.read('read');
    await this.read('preparedRead');
  }
}

/** Writes in autocommit, in text and prepared, with a read between them. */
export class Writer extends LoadClient {
  protected readonly parts = 1;

  protected async round(): Promise<void> {
    await this.write('write');
    await this.read('read');
    await this.write('preparedWrite');
  }

  private async write(kind: 'write' | 'preparedWrite'): Promise<void> {
    const sequence = ++this.sequence;
    const title = `${kind} ${sequence}`;
    const note = (verdict: ReturnType<typeof classify>): void => {
      // A failure that nothing excuses says nothing certain about the write either.
      (verdict === 'notExecuted' ? this.refused : this.unknown).push(sequence);
    };
    await this.attempt({ kind, step: 'only', title }, (connection) => insert(connection, kind, this.index, sequence, 0), note);
  }
}

/** Transactions of two rows that see themselves, with a read after each; some are rolled back. */
export class Transactor extends LoadClient {
  protected readonly parts = 2;

  protected async round(): Promise<void> {
    await this.transact(++this.sequence);
    await this.read('preparedRead');
  }

  private async transact(sequence: number): Promise<void> {
    const isKept = sequence % EVERY_ROLLBACK !== 0;
    const before = this.tally.permit;
    const body = async (what: string, work: (connection: Connection) => Promise<unknown>): Promise<boolean> =>
      (await this.attempt({ kind: 'transaction', step: 'body', title: `${what} in transaction ${sequence}` }, work)) !== null;
    const hasBegun = await this.attempt({ kind: 'transaction', step: 'begin', title: `BEGIN of transaction ${sequence}` }, (connection) =>
      this.query(connection, 'BEGIN'),
    );
    const isReady =
      hasBegun !== null &&
      (await body('first write', (connection) => insert(connection, 'write', this.index, sequence, 0))) &&
      (await body('read of itself', (connection) => this.checkOwnRow(connection, sequence, before))) &&
      (await body('second write', (connection) => insert(connection, 'preparedWrite', this.index, sequence, 1)));
    if (isReady && isKept) await this.commit(sequence);
    else await this.rollBack(sequence);
  }

  private async commit(sequence: number): Promise<void> {
    const step = { kind: 'transaction', step: 'commit', title: `COMMIT of transaction ${sequence}` } as const;
    const commit = (connection: Connection): Promise<unknown> => this.query(connection, 'COMMIT');
    await this.attempt(step, commit, (verdict) => {
      (verdict === 'transactionLost' ? this.refused : this.unknown).push(sequence);
    });
  }

  private async rollBack(sequence: number): Promise<void> {
    this.refused.push(sequence);
    const step = { kind: 'transaction', step: 'rollback', title: `ROLLBACK of transaction ${sequence}` } as const;
    await this.attempt(step, (connection) => this.query(connection, 'ROLLBACK'));
  }

  private async checkOwnRow(connection: Connection, sequence: number, before: { writes: readonly number[]; reads: readonly number[] }) {
    const sql = `SELECT @@server_id AS here, COUNT(*) AS mine, MAX(server) AS server FROM ledger WHERE client = ${this.index} AND sequence = ${sequence}`;
    const [row] = await this.query(connection, sql);
    const [here, server] = [Number(row?.['here']), Number(row?.['server'])];
    this.tally.executed('writes', here, before, () => `client ${this.index}: transaction ${sequence}`);
    if (Number(row?.['mine']) !== 1 || here !== server) this.violate(`transaction ${sequence} sees ${JSON.stringify(row)} of its one row`);
  }
}

function insert(connection: Connection, kind: 'write' | 'preparedWrite', client: number, sequence: number, part: number): Promise<unknown> {
  const start = 'INSERT INTO ledger (client, sequence, part, server) VALUES';
  if (kind === 'write') return connection.query(`${start} (${client}, ${sequence}, ${part}, @@server_id)`);
  return connection.execute(`${start} (?, ?, ?, @@server_id)`, [client, sequence, part]);
}

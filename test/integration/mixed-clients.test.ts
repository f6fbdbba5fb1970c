import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const CLIENTS = 8;
const ROUNDS = 40;

/** A generator with a seed, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function rows(client: Connection, sql: string, values?: unknown[]): Promise<RowDataPacket[]> {
  const [result] =
    values === undefined ? await client.query<RowDataPacket[]>(sql) : await client.execute<RowDataPacket[]>(sql, values as never);
  return result;
}

/** One client's life: what it does next is chosen at random, what it must see it knows itself. */
class MixedClient {
  private variable: number | null = null;
  private temporary: number | null = null;
  private sum = 0;
  private schema = 'app';

  constructor(
    private readonly client: Connection,
    private readonly id: number,
    private readonly pick: (below: number) => number,
  ) {}

  async step(): Promise<void> {
    const steps = [
      () => this.setVariable(),
      () => this.readVariable(),
      () => this.useTemporaryTable(),
      () => this.commit(),
      () => this.rollBack(),
      () => this.insertOne(),
      () => this.prepared(),
      () => this.changeSchema(),
      () => this.readOnlyTransaction(),
      () => this.withoutAutocommit(),
      () => this.sessionVariable(),
      () => this.diagnostics(),
    ];
    await steps[this.pick(steps.length)]?.();
  }

  private async setVariable(): Promise<void> {
    this.variable = this.pick(1_000_000);
    await this.client.query(`SET @mine = ${this.variable}`);
  }

  private async readVariable(): Promise<void> {
    const [row] = await rows(this.client, 'SELECT @mine AS mine');
    expect(row?.mine === null ? null : Number(row?.mine)).toBe(this.variable);
  }

  private async useTemporaryTable(): Promise<void> {
    if (this.temporary === null) {
      this.temporary = this.id * 1000;
      await this.client.query('CREATE TEMPORARY TABLE app.scratch (v INT)');
      await this.client.query('INSERT INTO app.scratch VALUES (?)', [this.temporary]);
    }
    const [row] = await rows(this.client, 'SELECT SUM(v) AS v, @@server_id AS server FROM app.scratch');
    expect(Number(row?.v)).toBe(this.temporary);
    expect(row?.server).toBe(1);
  }

  private async commit(): Promise<void> {
    const amount = this.pick(100);
    await this.client.beginTransaction();
    await this.client.query('INSERT INTO app.ledger (client, amount) VALUES (?, ?)', [this.id, amount]);
    await this.expectSum(this.sum + amount);
    await this.client.commit();
    this.sum += amount;
  }

  private async rollBack(): Promise<void> {
    await this.client.query('START TRANSACTION');
    await this.client.query('INSERT INTO app.ledger (client, amount) VALUES (?, 1000)', [this.id]);
    await this.expectSum(this.sum + 1000);
    await this.client.rollback();
  }

  private async insertOne(): Promise<void> {
    const [result] = await this.client.query('INSERT INTO app.ledger (client, amount) VALUES (?, 1)', [this.id]);
    this.sum += 1;
    const { insertId } = result as { insertId: number };
    const [row] = await rows(this.client, 'SELECT LAST_INSERT_ID() AS id');
    expect(Number(row?.id)).toBe(insertId);
  }

  private async prepared(): Promise<void> {
    const value = this.pick(1_000_000);
    const [row] = await rows(this.client, 'SELECT ? + 0 AS v, CONCAT(?, ?) AS t', [value, 'a', `b${value}`]);
    expect(Number(row?.v)).toBe(value);
    expect(row?.t).toBe(`ab${value}`);
  }

  private async changeSchema(): Promise<void> {
    this.schema = this.schema === 'app' ? 'sbtest' : 'app';
    await this.client.query(`USE ${this.schema}`);
    const [row] = await rows(this.client, 'SELECT DATABASE() AS d');
    expect(row?.d).toBe(this.schema);
  }

  private async readOnlyTransaction(): Promise<void> {
    await this.client.query('START TRANSACTION READ ONLY');
    const [first] = await rows(this.client, 'SELECT @@server_id AS s');
    const [second] = await rows(this.client, 'SELECT @@server_id AS s');
    expect(second?.s).toBe(first?.s);
    await expect(this.client.query('INSERT INTO app.ledger (client, amount) VALUES (0, 0)')).rejects.toMatchObject({ errno: 1792 });
    await this.client.query('COMMIT');
  }

  private async withoutAutocommit(): Promise<void> {
    await this.client.query('SET autocommit = 0');
    await this.client.query('INSERT INTO app.ledger (client, amount) VALUES (?, 5)', [this.id]);
    await this.expectSum(this.sum + 5);
    await this.client.query('ROLLBACK');
    await this.expectSum(this.sum);
    await this.client.query('COMMIT');
    await this.client.query('SET autocommit = 1');
  }

  private async sessionVariable(): Promise<void> {
    const length = 1024 + this.id * 100 + this.pick(50);
    await this.client.query(`SET SESSION group_concat_max_len = ${length}`);
    const [row] = await rows(this.client, 'SELECT @@group_concat_max_len AS l, @@server_id AS s');
    expect(Number(row?.l)).toBe(length);
  }

  private async diagnostics(): Promise<void> {
    await this.client.query('UPDATE app.counters SET n = n + 1 WHERE client = ?', [this.id]);
    const [count] = await rows(this.client, 'SELECT ROW_COUNT() AS c');
    expect(Number(count?.c)).toBe(1);
    await rows(this.client, "SELECT CAST('x' AS SIGNED) AS n");
    const [warning] = await rows(this.client, 'SHOW WARNINGS');
    expect(warning?.Code).toBe(1292);
  }

  /** Within a transaction, or without autocommit: such reads stay on the primary. */
  private async expectSum(expected: number): Promise<void> {
    const sql = 'SELECT COALESCE(SUM(amount), 0) AS s, @@server_id AS server FROM app.ledger WHERE client = ?';
    const [row] = await rows(this.client, sql, [this.id]);
    expect(Number(row?.s)).toBe(expected);
    expect(row?.server).toBe(1);
  }
}

describeEachFlavour('eight clients that share few connections', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 2 });
    await cluster.execute(
      'CREATE TABLE app.ledger (id INT AUTO_INCREMENT PRIMARY KEY, client INT, amount INT, KEY (client))',
      'CREATE TABLE app.counters (client INT PRIMARY KEY, n INT)',
      `INSERT INTO app.counters VALUES ${Array.from({ length: CLIENTS }, (_, id) => `(${id + 1}, 0)`).join(', ')}`,
    );
    await cluster.waitInSync();
    weir = await startWeir({ cluster });
  }, 60_000);

  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  it('gives each of them exactly its own answers', { timeout: 60_000 }, async () => {
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => weir.connect()));
    const lives = clients.map((client, index) => new MixedClient(client, index + 1, random(20_261_120 + index)));
    await Promise.all(
      lives.map(async (life) => {
        for (let round = 0; round < ROUNDS; round++) await life.step();
      }),
    );
    await Promise.all(clients.map((client) => client.end()));
  });

  it('leaves nothing of a client to the next one', { timeout: 30_000 }, async () => {
    for (let round = 0; round < 6; round++) {
      const first = await weir.connect();
      await first.query("SET @secret = 'x', SESSION sql_mode = 'ANSI_QUOTES'");
      await first.query('CREATE TEMPORARY TABLE app.private (v INT)');
      await first.beginTransaction();
      await first.query('INSERT INTO app.ledger (client, amount) VALUES (99, 1)');
      first.destroy();
      const second = await weir.connect();
      const [row] = await rows(second, 'SELECT @secret AS secret, @@sql_mode AS mode');
      expect(row?.secret).toBeNull();
      expect(row?.mode).not.toBe('ANSI_QUOTES');
      await expect(second.query('SELECT * FROM app.private FOR UPDATE')).rejects.toMatchObject({ errno: 1146 });
      const [left] = await rows(second, 'SELECT COUNT(*) AS n FROM app.ledger WHERE client = 99 FOR UPDATE');
      expect(Number(left?.n)).toBe(0);
      await second.end();
    }
  });
});

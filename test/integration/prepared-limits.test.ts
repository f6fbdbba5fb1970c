import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Command, ReplyHeader } from '../../src/protocol/constants.js';
import { executePacket, fetchPacket, longDataPacket, statementPacket } from '../support/execute-packets.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { bare, errorOf, WireClient } from '../support/wire-client.js';

const MAX_CONNECTIONS = 3;
/** mysql-max_stmts_per_connection. */
const PER_CONNECTION = 20;
/** A million takes some minutes a flavour. */
const PAIRS = Number(process.env['WEIR_PREPARES'] ?? 20_000);
const PAIRS_TIMEOUT_MS = 60_000 + PAIRS;
const PADDING = 'x'.repeat(8000);
/** What weir's processes may grow by while half of them come and go: less than their texts have. */
const MOST_NEW_BYTES = (PAIRS / 2) * PADDING.length * 0.8;
const SERVER_LIMIT = 16_382;

describeEachFlavour('prepared statements and limits', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  const open: WireClient[] = [];

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 0 });
    const { host, port } = cluster.primary;
    weir = await startWeir({
      servers: [{ address: host, port, hostgroup: 0, more: { max_connections: MAX_CONNECTIONS } }],
      mysqlVariables: { threads: 1, max_stmts_per_connection: PER_CONNECTION },
    });
  });
  afterEach(async () => {
    for (const client of open.splice(0)) client.destroy();
    await setLimit(SERVER_LIMIT);
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  async function connect(port = weir.port): Promise<WireClient> {
    const client = await WireClient.login(port, { username: APP.username, password: APP.password, timeoutMs: 20_000 });
    open.push(client);
    return client;
  }

  async function prepare(client: WireClient, sql: string): Promise<number> {
    const [head] = await client.command(bare(Command.stmtPrepare, sql), 'prepare');
    expect(head!.payload[0]).toBe(ReplyHeader.ok);
    return head!.payload.readUInt32LE(1);
  }

  const onServer = (): Promise<number> =>
    withRoot(cluster.primary, async (connection) => {
      const [rows] = await connection.query("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'");
      return Number((rows as { Value: string }[])[0]?.Value);
    });

  const setLimit = (count: number): Promise<void> =>
    withRoot(cluster.primary, async (connection) => {
      await connection.query(`SET GLOBAL max_prepared_stmt_count = ${count}`);
    });

  const memoryOfAll = (): number => {
    const children = readFileSync(`/proc/${weir.pid}/task/${weir.pid}/children`, 'utf8').trim().split(' ');
    const pages = children.map((pid) => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]));
    return pages.reduce((sum, count) => sum + count, 0) * 4096;
  };

  async function counted(name: string): Promise<number> {
    const admin = await weir.connectAdmin();
    try {
      const [rows] = await admin.query('SELECT Variable_Value AS value FROM stats_mysql_global WHERE Variable_Name = ?', [name]);
      return Number((rows as { value: string }[])[0]?.value);
    } finally {
      await admin.end();
    }
  }

  it(`close on servers what clients have closed: ${PAIRS} pairs leave as many as connections may keep`, {
    timeout: PAIRS_TIMEOUT_MS,
  }, async () => {
    const client = await connect();
    const pairs = async (from: number, to: number): Promise<void> => {
      for (let start = from; start < to; start += 100) {
        for (let n = start; n < start + 100; n++) client.send(bare(Command.stmtPrepare, `SELECT '${PADDING}${n}', ?`));
        for (let n = start; n < start + 100; n++) {
          const [head] = await client.reply('prepare');
          expect(head!.payload[0], `statement ${n}`).toBe(ReplyHeader.ok);
          client.send(statementPacket(Command.stmtClose, head!.payload.readUInt32LE(1)));
        }
      }
    };
    // The tables of digests and texts have grown by then.
    await pairs(0, PAIRS / 2);
    const before = memoryOfAll();
    await pairs(PAIRS / 2, PAIRS);
    expect(memoryOfAll() - before).toBeLessThan(MOST_NEW_BYTES);
    await until('the server reads what it was told', async () => (await onServer()) <= MAX_CONNECTIONS * PER_CONNECTION);
    expect(await counted('Com_backend_stmt_prepare')).toBe(PAIRS);
    expect(await counted('Com_backend_stmt_close')).toBe(PAIRS - (await onServer()));
  });

  it('prepare again what a connection had to give up, by last use', async () => {
    const client = await connect();
    const ids: number[] = [];
    for (let n = 0; n < 3 * PER_CONNECTION; n++) {
      const [head] = await client.command(bare(Command.stmtPrepare, `SELECT ? + ${n}`), 'prepare');
      ids.push(head!.payload.readUInt32LE(1));
    }
    for (let turn = 0; turn < 2; turn++) {
      for (const [n, id] of ids.entries()) {
        const packets = await client.command(executePacket(id, [1000], { types: turn === 0 }));
        // Behind one column, its definition and an EOF: header, NULL bits, value.
        expect(Number(packets[3]!.payload.readBigInt64LE(2))).toBe(1000 + n);
      }
    }
    expect(await onServer()).toBeLessThanOrEqual(MAX_CONNECTIONS * PER_CONNECTION);
  });

  it('keep those of open cursors', async () => {
    const client = await connect();
    const [cursor] = await client.command(bare(Command.stmtPrepare, 'SELECT 1 UNION SELECT 2 UNION SELECT 3'), 'prepare');
    const id = cursor!.payload.readUInt32LE(1);
    await client.command(executePacket(id, [], { flags: 1 }));
    for (let n = 0; n < 2 * PER_CONNECTION; n++) {
      const [head] = await client.command(bare(Command.stmtPrepare, `SELECT ${n}`), 'prepare');
      await client.command(executePacket(head!.payload.readUInt32LE(1), []));
    }
    const rows = await client.command(fetchPacket(id, 9), 'rows');
    expect(rows.length).toBe(4);
  });

  it('keep those of more open cursors than a connection may have statements', async () => {
    const client = await connect();
    const ids: number[] = [];
    for (let n = 0; n <= PER_CONNECTION; n++) {
      const id = await prepare(client, `SELECT ${n} UNION SELECT 100 UNION SELECT 200`);
      ids.push(id);
      await client.command(executePacket(id, [], { flags: 1 }));
    }
    for (const id of ids) expect((await client.command(fetchPacket(id, 9), 'rows')).length).toBe(4);
    // What is over goes with the next one.
    await prepare(client, 'SELECT 1');
    await until('the server reads what it was told', async () => (await onServer()) <= MAX_CONNECTIONS * PER_CONNECTION);
  });

  it('keep none of cursors that COM_STMT_RESET has closed', async () => {
    const client = await connect();
    await client.query('BEGIN');
    const before = await onServer();
    for (let n = 0; n <= PER_CONNECTION; n++) {
      const id = await prepare(client, 'SELECT 1 UNION SELECT 2 UNION SELECT 3');
      await client.command(executePacket(id, [], { flags: 1 }));
      await client.command(fetchPacket(id, 1), 'rows');
      await client.command(statementPacket(Command.stmtReset, id), 'single');
      client.send(statementPacket(Command.stmtClose, id));
    }
    await until('the server reads what it was told', async () => (await onServer()) <= before + PER_CONNECTION);
  });

  it('are not shared with the long data of an execution that has failed', async () => {
    const [one, other] = [await connect(), await connect()];
    // One connection is left.
    for (let n = 1; n < MAX_CONNECTIONS; n++) await (await connect()).query('BEGIN');
    const sql = "SELECT ?, ?, 'long'";
    const fail = async (client: WireClient): Promise<{ id: number; errno: number }> => {
      const id = await prepare(client, sql);
      client.send(longDataPacket(id, 0, Buffer.from('AAA')));
      const withoutValues = executePacket(id, ['', '']).subarray(0, -2);
      return { id, errno: errorOf(await client.command(withoutValues)).errno };
    };
    const texts = async (client: WireClient, id: number, letter: string): Promise<string> => {
      const packets = await client.command(executePacket(id, [`${letter}1`, `${letter}2`]));
      return packets.at(-2)!.payload.toString('latin1', 2);
    };
    const straight = await connect(cluster.primary.port);
    const expected = await fail(straight);
    const failed = await fail(one);
    expect(failed.errno).toBe(expected.errno);
    expect(await texts(other, await prepare(other, sql), 'b')).toBe('\x02b1\x02b2\x04long');
    expect(await texts(one, failed.id, 'a')).toBe(await texts(straight, expected.id, 'a'));
    expect(await texts(one, failed.id, 'c')).toBe('\x02c1\x02c2\x04long');
  });

  it('give a session no more statements than its server would', async () => {
    await setLimit(50);
    const { host, port } = cluster.primary;
    const fresh = await startWeir({ servers: [{ address: host, port, hostgroup: 0 }], mysqlVariables: { threads: 1 } });
    try {
      const [through, straight] = [await connect(fresh.port), await connect(port)];
      const prepareAll = async (client: WireClient): Promise<{ prepared: number; error: unknown }> => {
        for (let prepared = 0; ; prepared++) {
          const packets = await client.command(bare(Command.stmtPrepare, `SELECT ${prepared}`), 'prepare');
          if (packets[0]!.payload[0] !== ReplyHeader.ok) return { prepared, error: errorOf(packets) };
        }
      };
      const before = await onServer();
      const { error } = await prepareAll(straight);
      straight.destroy();
      await until('the server has ended that session', async () => (await onServer()) <= before);
      expect(error).toMatchObject({ errno: 1461 });
      expect(await prepareAll(through)).toEqual({ prepared: 50, error });
    } finally {
      await fresh.kill();
    }
  });

  it('give way on a server that has as many as it may', async () => {
    const [one, other] = [await connect(), await connect()];
    // Two connections of weir keep statements that no client has any more.
    await one.query('BEGIN');
    for (const client of [one, other]) {
      for (let n = 0; n < PER_CONNECTION; n++) {
        const [head] = await client.command(bare(Command.stmtPrepare, `SELECT 'kept', ${n}`), 'prepare');
        client.send(statementPacket(Command.stmtClose, head!.payload.readUInt32LE(1)));
      }
    }
    const kept = await onServer();
    expect(kept).toBeGreaterThanOrEqual(2 * PER_CONNECTION);
    await setLimit(kept);
    // Another statement takes the place of what the same connection keeps, the next one that of what others keep.
    const [head] = await other.command(bare(Command.stmtPrepare, 'SELECT ?, 5'), 'prepare');
    expect(head!.payload[0]).toBe(ReplyHeader.ok);
    await other.query('BEGIN');
    await setLimit(await onServer());
    const third = await connect();
    const packets = await third.command(bare(Command.stmtPrepare, 'SELECT 7'), 'prepare');
    expect(errorOf(packets).errno).toBe(0);
    expect(errorOf(await other.command(executePacket(head!.payload.readUInt32LE(1), [1]))).errno).toBe(0);
    // When nobody keeps any, the error is the client's.
    await setLimit(SERVER_LIMIT);
    await prepare(await connect(cluster.primary.port), 'SELECT 8');
    await setLimit(1);
    await until('the server has one', async () => {
      const refused = await third.command(bare(Command.stmtPrepare, 'SELECT 9'), 'prepare');
      return errorOf(refused).errno === 1461 && (await onServer()) === 1;
    });
    await other.query('COMMIT');
  });
});

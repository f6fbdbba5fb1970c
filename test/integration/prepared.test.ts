import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Command, ReplyHeader, ServerStatus } from '../../src/protocol/constants.js';
import { executePacket, fetchPacket, longDataPacket, statementPacket } from '../support/execute-packets.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { bare, errorOf, WireClient, type WirePacket } from '../support/wire-client.js';

const MAX_PARAMETERS = 65_535;
const LONG_DATA_PIECE_BYTES = 7 * 2 ** 20;

describeEachFlavour('prepared statements over several servers', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  const open: WireClient[] = [];

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute(
      'CREATE TABLE app.numbers (id INT PRIMARY KEY, n INT)',
      'INSERT INTO app.numbers VALUES (1, 10), (2, 20), (3, 30)',
      'CREATE TABLE app.texts (id INT PRIMARY KEY, t LONGTEXT)',
      'SET GLOBAL max_allowed_packet = 67108864',
    );
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1 } });
  });
  afterEach(() => {
    for (const client of open.splice(0)) client.destroy();
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  async function connect(schema = 'app'): Promise<WireClient> {
    const client = await WireClient.login(weir.port, { username: APP.username, password: APP.password, schema, timeoutMs: 20_000 });
    open.push(client);
    return client;
  }

  async function prepare(client: WireClient, sql: string): Promise<number> {
    const packets = await client.command(bare(Command.stmtPrepare, sql), 'prepare');
    expect(errorOf(packets)).toMatchObject({ errno: 0 });
    return packets[0]!.payload.readUInt32LE(1);
  }

  const flagsOf = (packets: readonly WirePacket[]): number => packets.at(-1)!.payload.readUInt16LE(3);
  /** The only column of the only row, a number of 4 bytes or more. */
  const numberIn = (packets: readonly WirePacket[]): number => packets.at(-2)!.payload.readUInt32LE(2);

  it('have up to 65,535 parameters', async () => {
    const client = await connect();
    const inList = (count: number): string => `SELECT COUNT(*) FROM numbers WHERE id IN (${Array(count).fill('?').join(',')})`;
    const id = await prepare(client, inList(MAX_PARAMETERS));
    const values = Array.from({ length: MAX_PARAMETERS }, (_, index) => index + 2);
    expect(numberIn(await client.command(executePacket(id, values)))).toBe(2);
    expect(numberIn(await client.command(executePacket(id, values, { types: false })))).toBe(2);
    const tooMany = await client.command(bare(Command.stmtPrepare, inList(MAX_PARAMETERS + 1)), 'prepare');
    expect(errorOf(tooMany)).toMatchObject({ errno: 1390, message: 'Prepared statement contains too many placeholders' });
  });

  it('take long data of more than 16 MB in pieces, and executions of more than 16 MB', async () => {
    const client = await connect();
    const insert = await prepare(client, 'INSERT INTO texts VALUES (?, ?)');
    const piece = Buffer.alloc(LONG_DATA_PIECE_BYTES, 'long');
    for (let n = 0; n < 3; n++) client.send(longDataPacket(insert, 1, piece));
    expect(errorOf(await client.command(executePacket(insert, [1, { long: null }])))).toMatchObject({ errno: 0 });
    const length = await prepare(client, 'SELECT LENGTH(t) FROM texts WHERE id = ? FOR UPDATE');
    expect(numberIn(await client.command(executePacket(length, [1])))).toBe(3 * LONG_DATA_PIECE_BYTES);
    // One packet of long data that needs two of the wire.
    client.send(longDataPacket(insert, 1, Buffer.alloc(17 * 2 ** 20, 'x')));
    expect(errorOf(await client.command(executePacket(insert, [2, { long: null }])))).toMatchObject({ errno: 0 });
    expect(numberIn(await client.command(executePacket(length, [2])))).toBe(17 * 2 ** 20);
  });

  it('answer long data without a parameter as their server does', async () => {
    const answers = async (port: number): Promise<string[]> => {
      const client = await WireClient.login(port, { username: APP.username, password: APP.password });
      open.push(client);
      const id = await prepare(client, 'SELECT ?, ?');
      const found: string[] = [];
      // One that is sent to a server with too many answers would leave one to whoever comes next.
      for (let bytes = 1; bytes < 7; bytes++) {
        client.send(longDataPacket(id, 0, Buffer.alloc(0)).subarray(0, bytes));
        client.send(statementPacket(Command.stmtReset, id));
        for (let header = -1; header !== ReplyHeader.ok; ) {
          const { payload, sequence } = await client.packet();
          header = payload[0]!;
          found.push(`${bytes}: ${sequence} ${payload.toString('latin1')}`);
        }
      }
      const packets = [...(await client.command(executePacket(id, [1, 'x']))), ...(await client.query('SELECT 1'))];
      return [...found, ...packets.map(({ payload }) => payload.toString('latin1'))];
    };
    expect(await answers(weir.port)).toEqual(await answers(cluster.primary.port));
  });

  it('read with replicas, and with a cursor on the primary, where the session finds it', async () => {
    const client = await connect();
    const where = await prepare(client, 'SELECT @@server_id FROM numbers');
    expect(numberIn(await client.command(executePacket(where, [])))).toBe(cluster.replicas[0]!.serverId);
    await client.command(executePacket(where, [], { flags: 1 }));
    expect(numberIn(await client.command(fetchPacket(where, 1), 'rows'))).toBe(cluster.primary.serverId);
    const other = await prepare(client, 'SELECT id FROM numbers ORDER BY id');
    await client.command(executePacket(other, [], { flags: 1 }));
    await client.query('UPDATE numbers SET n = n + 1 WHERE id = 1');
    const rows = await client.command(fetchPacket(other, 10), 'rows');
    expect([rows.length, flagsOf(rows) & ServerStatus.lastRowSent]).toEqual([4, ServerStatus.lastRowSent]);
    await client.command(statementPacket(Command.stmtReset, where), 'single');
    // The pin has ended with both cursors.
    expect(numberIn(await client.command(executePacket(where, [])))).toBe(cluster.replicas[0]!.serverId);
  });

  it('tell of changed columns wherever they are executed', async () => {
    const client = await connect();
    await cluster.execute('CREATE TABLE app.changing (id INT PRIMARY KEY)');
    const [one, two] = [await prepare(client, 'SELECT * FROM changing'), await prepare(client, 'SELECT * FROM changing FOR UPDATE')];
    for (const id of [one, two]) await client.command(executePacket(id, []));
    await cluster.execute('ALTER TABLE app.changing ADD COLUMN more INT');
    for (const id of [one, two]) {
      const flags = [flagsOf(await client.command(executePacket(id, []))), flagsOf(await client.command(executePacket(id, [])))];
      expect(flags.map((each) => each & ServerStatus.metadataChanged)).toEqual([ServerStatus.metadataChanged, 0]);
    }
  });

  it('can be prepared before there is a schema, and executed in a transaction in one', async () => {
    const client = await connect('');
    const id = await prepare(client, 'SELECT COUNT(*) FROM app.numbers WHERE id > ?');
    const packets = await client.command(bare(Command.initDb, 'sbtest'), 'single');
    expect(packets[0]!.payload[0]).toBe(ReplyHeader.ok);
    await client.query('START TRANSACTION');
    expect(numberIn(await client.command(executePacket(id, [1])))).toBe(2);
    await client.query('COMMIT');
  });

  it('are known to no other session, and to none behind a reset', async () => {
    const [client, other] = [await connect(), await connect()];
    const id = await prepare(client, 'SELECT 5');
    expect(errorOf(await other.command(executePacket(id, []))).errno).toBe(1243);
    await client.command(bare(Command.resetConnection), 'single');
    expect(errorOf(await client.command(executePacket(id, []))).errno).toBe(1243);
    expect(await prepare(client, 'SELECT 6')).toBeGreaterThan(0);
  });
});

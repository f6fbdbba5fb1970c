import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { carrying, type PacketRelay, startPacketRelay } from '../support/packet-relay.js';
import { RelayedBed } from '../support/relayed-bed.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, withRoot } from '../support/servers/index.js';
import { numberOf, readServer, sleep, until, writeServer } from '../support/statements.js';
import type { RunningWeir } from '../support/weir.js';

/** What a server says as it goes: shut down, trouble with packets, killed, offline, inactive. */
const GOODBYES = [1053, 1158, 1159, 1160, 1161, 1927, 3032, 4031];
const READ_ONLY_MODE = 1836;
const COM_STMT_EXECUTE = 0x17;
const COM_STMT_PREPARE = 0x16;
const isExecute = (command: Buffer): boolean => command[0] === COM_STMT_EXECUTE;
const isPrepare = (command: Buffer): boolean => command[0] === COM_STMT_PREPARE;

describeEachFlavour('what becomes of a statement', (flavour) => {
  let bed: RelayedBed<PacketRelay>;
  let cluster: Cluster;
  let primary: PacketRelay;
  let replica: PacketRelay;
  let weir: RunningWeir;
  let connection: Connection;
  let firstReplica: number;
  let secondReplica: number;

  beforeAll(async () => {
    bed = await RelayedBed.start({
      flavour,
      relayTo: startPacketRelay,
      mysqlVariables: {},
    });
    ({ cluster, primary, replica, weir, firstReplica, secondReplica } = bed);
  }, 60_000);
  afterAll(() => bed?.stop());
  beforeEach(async () => {
    connection = await bed.connect({ multipleStatements: true });
  });
  afterEach(() => connection.destroy());

  function insert(note: string): Promise<unknown> {
    return connection.query<ResultSetHeader>(`INSERT INTO witness (note, server) VALUES ('${note}', @@server_id)`);
  }

  function insertPrepared(note: string): Promise<unknown> {
    return connection.execute<ResultSetHeader>('INSERT INTO witness (note, server) VALUES (?, @@server_id)', [note]);
  }

  async function readPrepared(): Promise<number> {
    const [rows] = await connection.execute<RowDataPacket[]>('SELECT @@server_id AS server, ? AS value', [1]);
    return Number(rows[0]!['server']);
  }

  /** The client's connection is of use: to write, and to read. */
  async function goesOn(): Promise<void> {
    expect(await writeServer(connection, `goes on ${Date.now()}`)).toBe(cluster.primary.serverId);
    expect(cluster.replicas.map(({ serverId }) => serverId)).toContain(await readServer(connection));
  }

  /** The server's numbers of weir's connections that execute such a text; ends them. */
  async function killOnServer(server: Cluster['primary'], text: string): Promise<void> {
    await withRoot(server, async (root) => {
      const sql = `SELECT id FROM information_schema.processlist WHERE info LIKE '%${text}%' AND id <> CONNECTION_ID()`;
      let ids: number[] = [];
      await until('the statement running', async () => {
        const [rows] = await root.query<RowDataPacket[]>({ sql, rowsAsArray: true });
        ids = rows.map((row) => Number((row as unknown as [number])[0]));
        return ids.length > 0;
      });
      for (const id of ids) await root.query(`KILL CONNECTION ${id}`);
    });
  }

  /** Ends all of weir's connections for applications, and gives it the time to notice. */
  async function killAll(server: Cluster['primary']): Promise<void> {
    await withRoot(server, async (root) => {
      const sql = `SELECT id FROM information_schema.processlist WHERE user = '${APP.username}'`;
      const [rows] = await root.query<RowDataPacket[]>({ sql, rowsAsArray: true });
      for (const row of rows) await root.query(`KILL CONNECTION ${(row as unknown as [number])[0]}`);
    });
    await sleep(150);
  }

  describe('a read outside a transaction', () => {
    it('runs elsewhere when its connection is killed', async () => {
      const reading = numberOf(connection, 'SELECT @@server_id + SLEEP(0.7) * 0 AS slowly');
      await killOnServer(cluster.replicas[0]!, 'slowly');
      expect(await reading).toBe(secondReplica);
    });

    it.each(GOODBYES)('runs elsewhere when its server answers %i', async (errno) => {
      for (const [sequence, closes] of [
        [1, true],
        [1, false],
        [0, true],
      ] as const) {
        replica.next({ kind: 'answer', matches: carrying('@@server_id'), errno, message: 'goodbye', sequence, closes });
        expect(await readServer(connection)).toBe(secondReplica);
        await until('reads on the first replica', async () => (await readServer(connection)) === firstReplica);
      }
    });

    it('runs elsewhere when its server says goodbye to what is prepared or set for it', async () => {
      const goodbye = { kind: 'answer', errno: 1053, message: 'goodbye', sequence: 1, closes: false } as const;
      expect(await readPrepared()).toBe(firstReplica);
      await killAll(cluster.replicas[0]!);
      replica.next({ ...goodbye, matches: isPrepare });
      expect(await readPrepared()).toBe(secondReplica);
      await until('prepared reads on the first replica', async () => (await readPrepared()) === firstReplica);
      replica.next({ ...goodbye, matches: isExecute });
      expect(await readPrepared()).toBe(secondReplica);
      await until('prepared reads on the first replica', async () => (await readPrepared()) === firstReplica);
      await connection.query('SET sql_mode = ANSI');
      replica.next({ ...goodbye, matches: carrying('ANSI') });
      expect(await readServer(connection)).toBe(secondReplica);
    });

    it('of several statements runs elsewhere as a whole', async () => {
      replica.next({ kind: 'lose-command', matches: carrying('@@server_id') });
      const [results] = await connection.query<RowDataPacket[][]>('SELECT @@server_id AS server; SELECT @@server_id AS server');
      expect(results.map((rows) => rows[0]!['server'])).toEqual([secondReplica, secondReplica]);
    });

    it('of several statements ends with an error between two results', async () => {
      replica.next({ kind: 'cut-reply', matches: carrying('AS second'), afterPackets: 4 });
      const error = await connection.query('SELECT 1 AS first; SELECT 2 AS second').catch((caught) => caught);
      expect(error).toMatchObject({ errno: 2013 });
      await goesOn();
    });

    it('ends with an error behind the rows that have come, and the connection stays', async () => {
      replica.next({ kind: 'cut-reply', matches: carrying('streamed'), afterPackets: 3 + 2 });
      const rows: unknown[] = [];
      const error = await new Promise<{ errno: number; message: string }>((resolve, reject) => {
        const sql = 'SELECT 1 AS streamed UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4';
        const query = (connection as unknown as { connection: import('mysql2').Connection }).connection.query(sql);
        query.on('result', (row) => rows.push(row));
        query.on('error', (caught) => resolve(caught as never));
        query.on('end', () => reject(new Error('it ended without an error')));
      });
      expect(error.errno).toBe(2013);
      expect(error.message).toContain(String(replica.port));
      expect(rows.length).toBeGreaterThan(0);
      await goesOn();
    });
  });

  describe('a beginning or a setting', () => {
    it.each(['BEGIN', 'START TRANSACTION', 'START TRANSACTION WITH CONSISTENT SNAPSHOT'])('%s is sent again', async (begin) => {
      const note = `begun by ${begin}`;
      primary.next({ kind: 'lose-command', matches: carrying(begin) });
      await connection.query(begin);
      await insert(note);
      expect(await bed.stored(note)).toBe(0);
      await connection.query('COMMIT');
      expect(await bed.stored(note)).toBe(1);
    });

    it('SET and USE are sent again, and hold', async () => {
      primary.next({ kind: 'cut-reply', matches: carrying('sort_buffer_size'), afterPackets: 0 });
      await connection.query('SET sort_buffer_size = 131072');
      primary.next({ kind: 'lose-command', matches: carrying('information_schema') });
      await connection.query('USE information_schema');
      const [rows] = await connection.query<RowDataPacket[]>('SELECT @@sort_buffer_size AS size, DATABASE() AS name');
      expect(rows[0]).toEqual({ size: 131_072, name: 'information_schema' });
    });

    it('ROLLBACK succeeds: nothing is left of the transaction', async () => {
      await connection.query('BEGIN');
      await insert('rolled back');
      primary.next({ kind: 'lose-command', matches: carrying('ROLLBACK') });
      await connection.query('ROLLBACK');
      expect(await bed.stored('rolled back')).toBe(0);
      await goesOn();
    });
  });

  describe('a write', () => {
    const writes = [
      ['a text', insert, (note: string) => carrying(note)],
      ['prepared', insertPrepared, () => isExecute],
    ] as const;

    for (const [kind, write, matches] of writes) {
      it(`${kind}: is sent once when its reply is lost, and its client is told that it may have been executed`, async () => {
        const note = `lost reply, ${kind}`;
        await write(`before ${note}`);
        primary.next({ kind: 'cut-reply', matches: matches(note), afterPackets: 0 });
        await expect(write(note)).rejects.toMatchObject({
          errno: 2013,
          message: expect.stringMatching(new RegExp(`may have been executed and is not sent twice.*${primary.port}`)),
        });
        await goesOn();
        expect(await bed.stored(note)).toBe(1);
      });

      it(`${kind}: is sent once when it did not arrive`, async () => {
        const note = `lost command, ${kind}`;
        await write(`before ${note}`);
        primary.next({ kind: 'lose-command', matches: matches(note) });
        await expect(write(note)).rejects.toMatchObject({ errno: 2013 });
        await goesOn();
        expect(await bed.stored(note)).toBe(0);
      });

      it(`${kind}: is not sent again when its server answers with a goodbye`, async () => {
        const note = `goodbye, ${kind}`;
        await write(`before ${note}`);
        for (const errno of GOODBYES) {
          primary.next({ kind: 'answer', matches: matches(note), errno, message: 'goodbye', sequence: 1, closes: true });
          await expect(write(note)).rejects.toMatchObject({ errno: 2013, message: expect.stringContaining('may have been executed') });
        }
        expect(await bed.stored(note)).toBe(0);
        await goesOn();
      });

      it(`${kind}: is sent elsewhere when the server had not read it`, async () => {
        const note = `unread, ${kind}`;
        await write(`before ${note}`);
        primary.next({ kind: 'answer', matches: matches(note), errno: 4031, message: 'inactive', sequence: 0, closes: true });
        await write(note);
        expect(await bed.stored(note)).toBe(1);
      });

      it(`${kind}: is sent again when the server refused it as read-only, and meanwhile has changed its mind`, async () => {
        const note = `refused, ${kind}`;
        await write(`before ${note}`);
        primary.next({
          ...{ kind: 'answer', matches: matches(note), errno: READ_ONLY_MODE, message: 'Running in read-only mode' },
          ...{ sequence: 1, closes: false },
        });
        await write(note);
        expect(await bed.stored(note)).toBe(1);
      });
    }

    it('is sent elsewhere when the connection was lost while the state of its session was set there', async () => {
      const other = await weir.connect();
      await other.query('SET sort_buffer_size = 262144');
      for (let turn = 0; turn < 3; turn++) {
        const note = `unsent ${turn}`;
        await other.query("INSERT INTO witness (note, server) VALUES ('of the other', 1)");
        primary.next({ kind: 'lose-command', matches: carrying('sort_buffer_size') });
        await insert(note);
        expect(await bed.stored(note)).toBe(1);
      }
      other.destroy();
    });

    it('of several statements is not sent twice, and ends with an error behind what has been answered', async () => {
      primary.next({ kind: 'cut-reply', matches: carrying('several'), afterPackets: 1 });
      await expect(insert('several')).resolves.toBeDefined();
      const sql = "INSERT INTO witness (note, server) VALUES ('several of', 1); DO SLEEP(0)";
      primary.next({ kind: 'cut-reply', matches: carrying('several of'), afterPackets: 1 });
      await expect(connection.query(sql)).rejects.toMatchObject({ errno: 2013 });
      await goesOn();
      expect(await bed.stored('several of')).toBe(1);
    });
  });

  describe('a transaction', () => {
    const lost = { errno: 1213, sqlState: '40001', message: expect.stringMatching(/transaction was lost.*try restarting transaction/) };

    it.each([
      ['a read', 'SELECT COUNT(*) FROM witness'],
      ['a write', "INSERT INTO witness (note, server) VALUES ('in a lost one', 1)"],
      ['a setting', 'SET sort_buffer_size = 131072'],
    ])('is lost with its server: %s says so, and the session goes on', async (_kind, sql) => {
      for (const fault of ['lose-command', 'cut-reply'] as const) {
        await connection.beginTransaction();
        await insert('begins a lost one');
        primary.next({ kind: fault, matches: carrying(sql), afterPackets: 0 });
        await expect(connection.query(sql)).rejects.toMatchObject(lost);
        await goesOn();
        expect((await bed.stored('begins a lost one')) + (await bed.stored('in a lost one'))).toBe(0);
      }
    });

    it('is lost when its server says goodbye', async () => {
      await connection.beginTransaction();
      await insert('said goodbye');
      primary.next({ kind: 'answer', matches: carrying('COUNT'), errno: 1053, message: 'shutdown', sequence: 1, closes: true });
      await expect(numberOf(connection, 'SELECT COUNT(*) FROM witness')).rejects.toMatchObject(lost);
      await goesOn();
      expect(await bed.stored('said goodbye')).toBe(0);
    });

    it('that was lost between two statements is not committed', async () => {
      await connection.beginTransaction();
      await insert('never committed');
      await killAll(cluster.primary);
      await expect(connection.query('COMMIT')).rejects.toMatchObject(lost);
      await goesOn();
      expect(await bed.stored('never committed')).toBe(0);
    });

    it('whose COMMIT is under way may have been committed', async () => {
      for (const [fault, count] of [
        ['cut-reply', 1],
        ['lose-command', 0],
      ] as const) {
        const note = `COMMIT under way, ${fault}`;
        await connection.beginTransaction();
        await insert(note);
        primary.next({ kind: fault, matches: carrying('COMMIT'), afterPackets: 0 });
        await expect(connection.query('COMMIT')).rejects.toMatchObject({
          errno: 2013,
          message: expect.stringContaining('COMMIT may have committed the transaction'),
        });
        await goesOn();
        expect(await bed.stored(note)).toBe(count);
      }
    });

    it('that an error of several statements left open stays with its session', async () => {
      const sql = "BEGIN; INSERT INTO witness (note, server) VALUES ('left open', 1); SELECT nothing_of_this_name";
      await expect(connection.query(sql)).rejects.toMatchObject({ errno: 1054 });
      // Longer than mysql-diagnostics_hold_ms: until then nobody else gets the connection in any case.
      await sleep(1200);
      const other = await weir.connect();
      await other.query("INSERT INTO witness (note, server) VALUES ('acknowledged', 1)");
      expect(await bed.stored('acknowledged')).toBe(1);
      expect(await numberOf(connection, "SELECT COUNT(*) FROM witness WHERE note = 'left open'")).toBe(1);
      await connection.query('ROLLBACK');
      expect(await bed.stored('left open')).toBe(0);
      expect(await bed.stored('acknowledged')).toBe(1);
      other.destroy();
    });

    it('READ ONLY that has only begun is begun again elsewhere', async () => {
      await connection.query('START TRANSACTION READ ONLY');
      replica.next({ kind: 'lose-command', matches: carrying('@@server_id') });
      expect(await readServer(connection)).toBe(secondReplica);
      expect(await readServer(connection)).toBe(secondReplica);
      await connection.query('COMMIT');
    });
  });
});

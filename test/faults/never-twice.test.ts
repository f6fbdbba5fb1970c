import { Readable } from 'node:stream';
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readErr } from '../../src/protocol/packets/err.js';
import { carrying, type PacketRelay, startPacketRelay } from '../support/packet-relay.js';
import { RelayedBed } from '../support/relayed-bed.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { until } from '../support/statements.js';
import type { RunningWeir } from '../support/weir.js';
import { comQuery, frame, WireClient, type WirePacket } from '../support/wire-client.js';

const ROWS = 20_000;
/** Of a result in the text or binary protocol: its head, one column and, for most clients, an EOF. */
const HEAD_PACKETS = 3;
const FUNCTION = `CREATE FUNCTION app.note_it(what VARCHAR(64)) RETURNS INT DETERMINISTIC MODIFIES SQL DATA
  BEGIN INSERT INTO app.witness (note, server) VALUES (what, 0); RETURN 1; END`;
const PROCEDURE = `CREATE PROCEDURE app.note_twice(what VARCHAR(64)) MODIFIES SQL DATA
  BEGIN SELECT 'first' AS part; INSERT INTO app.witness (note, server) VALUES (what, 0); SELECT 'second' AS part; END`;
const MAYBE = { errno: 2013, message: expect.stringContaining('may have been executed and is not sent twice') };

/** Not proven to be reads: [what, text, rows that each execution leaves]. */
const UNPROVEN: readonly (readonly [string, (note: string) => string, number])[] = [
  ['a function with an effect', (note) => `SELECT note_it('${note}')`, 1],
  ['a procedure', (note) => `CALL note_twice('${note}')`, 1],
  ['SELECT … INTO @v', (note) => `SELECT '${note}' INTO @v`, 0],
  ['SELECT … FOR UPDATE', (note) => `SELECT id FROM witness WHERE note = '${note}' FOR UPDATE`, 0],
  ['several statements, reads first', (note) => `SELECT 1; INSERT INTO witness (note, server) VALUES ('${note}', 0)`, 1],
];

describeEachFlavour('no write is sent twice and no row comes twice', (flavour) => {
  let bed: RelayedBed<PacketRelay>;
  let primary: PacketRelay;
  let replica: PacketRelay;
  let weir: RunningWeir;
  let connection: Connection;

  beforeAll(async () => {
    bed = await RelayedBed.start({
      flavour,
      relayTo: startPacketRelay,
      prepare: async (servers) => {
        await servers.execute(FUNCTION);
        await servers.execute(PROCEDURE);
        await servers.execute('CREATE TABLE app.numbered (id INT PRIMARY KEY)');
        await servers.execute(`INSERT INTO app.numbered VALUES ${Array.from({ length: ROWS }, (_, index) => `(${index})`).join()}`);
        if (flavour === 'mysql') await servers.execute('SET GLOBAL local_infile = 1');
      },
      mysqlVariables: { enable_load_data_local_infile: 'true' },
    });
    ({ primary, replica, weir } = bed);
  }, 60_000);
  afterAll(() => bed?.stop());
  beforeEach(async () => {
    connection = await bed.connect({ multipleStatements: true });
  });
  afterEach(() => connection.destroy());

  async function goesOn(): Promise<void> {
    const [done] = await connection.query<ResultSetHeader>("INSERT INTO witness (note, server) VALUES ('goes on', 0)");
    expect(done.affectedRows).toBe(1);
  }

  /** The ids that came, and the error that ended them. */
  function stream(how: 'query' | 'execute', sql: string): Promise<{ ids: number[]; error: { errno: number; message: string } }> {
    const ids: number[] = [];
    return new Promise((resolve, reject) => {
      const query = (connection as unknown as { connection: import('mysql2').Connection }).connection[how](sql);
      query.on('result', (row) => ids.push((row as RowDataPacket)['id']));
      query.on('error', (error) => resolve({ ids, error: error as never }));
      query.on('end', () => reject(new Error('it ended without an error')));
    });
  }

  describe('a read', () => {
    it.each(['query', 'execute'] as const)('whose server is lost in the middle of a large result ends with an error (%s)', async (how) => {
      const sql = `SELECT id FROM numbered ORDER BY id /* ${how} */`;
      // The replica that executes it shall have it prepared: the fault is for the execution.
      if (how === 'execute') await connection.execute(sql);
      const isIt = (command: Buffer): boolean => (how === 'query' ? command.includes(sql) : command[0] === 0x17);
      const sent = replica.commandsLike(sql);
      replica.next({ kind: 'cut-reply', matches: isIt, afterPackets: HEAD_PACKETS + ROWS / 2 });
      const { ids, error } = await stream(how, sql);
      expect(error.errno).toBe(2013);
      expect(error.message).toContain(String(replica.port));
      expect(ids.length).toBeGreaterThan(0);
      expect(ids.length).toBeLessThan(ROWS);
      expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => index));
      expect(replica.commandsLike(sql)).toBe(how === 'query' ? sent + 1 : sent);
      await goesOn();
    });

    it('of which only the beginning of the head had come is read elsewhere, once', async () => {
      const sql = 'SELECT id FROM numbered ORDER BY id /* head */';
      replica.next({ kind: 'cut-reply', matches: carrying(sql), afterPackets: 0 });
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      expect(rows.map((row) => row['id'])).toEqual(Array.from({ length: ROWS }, (_, index) => index));
    });
  });

  describe.each(UNPROVEN)('%s', (_what, textOf, effect) => {
    it('is sent once when its reply is lost', async () => {
      const note = `reply ${textOf('').length}`;
      primary.next({ kind: 'cut-reply', matches: carrying(note), afterPackets: 0 });
      await expect(connection.query(textOf(note))).rejects.toMatchObject(MAYBE);
      await goesOn();
      expect([primary.commandsLike(note), replica.commandsLike(note)]).toEqual([1, 0]);
      await until('executed as often as it was sent', async () => (await bed.stored(note)) === effect);
    });

    it('is sent once when it is lost', async () => {
      const note = `command ${textOf('').length}`;
      primary.next({ kind: 'lose-command', matches: carrying(note) });
      await expect(connection.query(textOf(note))).rejects.toMatchObject(MAYBE);
      await goesOn();
      expect([primary.commandsLike(note), replica.commandsLike(note)]).toEqual([1, 0]);
      expect(await bed.stored(note)).toBe(0);
    });
  });

  describe('LOAD DATA LOCAL', () => {
    const load = (lines: readonly string[]): Promise<unknown> =>
      connection.query({
        sql: "LOAD DATA LOCAL INFILE 'any' INTO TABLE witness (note) SET server = 0",
        infileStreamFactory: () => Readable.from(lines.map((line) => Buffer.from(`${line}\n`))),
      } as never);

    it('is sent once when its server is lost in the middle of the file', async () => {
      primary.next({ kind: 'lose-command', matches: carrying('file, second') });
      await expect(load(['file, first', 'file, second', 'file, third'])).rejects.toMatchObject(MAYBE);
      await goesOn();
      expect(primary.commandsLike('file, first')).toBe(1);
      expect(await bed.stored('file, first')).toBe(0);
    });

    it('is sent once when its reply is lost', async () => {
      primary.next({ kind: 'cut-reply', matches: carrying('LOAD DATA LOCAL'), afterPackets: 1 });
      await expect(load(['loaded'])).rejects.toMatchObject(MAYBE);
      await goesOn();
      expect(primary.commandsLike('loaded')).toBe(1);
      await until('loaded', async () => (await bed.stored('loaded')) === 1);
    });
  });

  describe('commands behind a lost one', () => {
    const textOf = (packet: WirePacket | undefined): string =>
      packet?.payload[0] === 0xff ? readErr(packet.payload, 0, packet.payload.length).message : 'OK';

    it('are answered in their order, each once', async () => {
      const client = await WireClient.login(weir.port);
      const write = (note: string): Buffer =>
        frame(comQuery(`INSERT INTO witness (note, server) VALUES ('${note}', 0)`, client.capabilities), 0);
      primary.next({ kind: 'lose-command', matches: carrying('pipelined 2') });
      client.sendRaw(Buffer.concat(['pipelined 1', 'pipelined 2', 'pipelined 3', 'pipelined 4'].map(write)));
      const answers: string[] = [];
      for (let index = 0; index < 4; index++) {
        const [packet] = await client.reply('result');
        expect(packet?.sequence).toBe(1);
        answers.push(textOf(packet));
      }
      expect(answers).toEqual(['OK', expect.stringContaining('may have been executed'), 'OK', 'OK']);
      for (const [note, count] of [
        ['pipelined 1', 1],
        ['pipelined 2', 0],
        ['pipelined 3', 1],
        ['pipelined 4', 1],
      ] as const) {
        expect(primary.commandsLike(note), note).toBe(1);
        expect(await bed.stored(note), note).toBe(count);
      }
      client.destroy();
    });
  });
});

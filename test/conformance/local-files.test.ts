import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAX_PACKET } from '../../src/protocol/constants.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { comQuery, errorOf, WireClient, type WirePacket } from '../support/wire-client.js';
import { filePackets } from './conversations.js';

const LINES = 'LINES TERMINATED BY ';
/** Loads the length of each line. */
const LENGTHS = `LOAD DATA LOCAL INFILE 'any' INTO TABLE loaded ${LINES}'\\n' (@line) SET a = LENGTH(@line)`;
const VALUES = `LOAD DATA LOCAL INFILE 'any' INTO TABLE loaded ${LINES}'\\n' (a)`;
const ANY_PIECES = 700_000;

const lines = (count: number, line = '7'): Buffer => Buffer.from(`${line}\n`.repeat(count));
/** Lines of 100,000 bytes. */
const bytes = (count: number): Buffer => Buffer.alloc(count, 'x').map((byte, at) => (at % 100_000 === 99_999 ? 10 : byte)) as Buffer;

const FILES: readonly (readonly [about: string, sql: string, file: Buffer])[] = [
  ['an empty or missing file', LENGTHS, filePackets(Buffer.alloc(0))],
  ['one byte', LENGTHS, filePackets(bytes(1))],
  ['one packet that is as long as one may be', LENGTHS, filePackets(bytes(MAX_PACKET))],
  ['two of them', LENGTHS, filePackets(bytes(2 * MAX_PACKET))],
  ['more than 16 MiB in long packets', LENGTHS, filePackets(bytes(MAX_PACKET + 1_000_000))],
  ['more than 16 MiB in pieces', LENGTHS, filePackets(bytes(20_000_000), ANY_PIECES)],
  ['more packets than a sequence number counts', VALUES, filePackets(lines(4000), 13)],
  ['a file that ends within a line', VALUES, filePackets(Buffer.concat([lines(10), Buffer.from('12')]), 5)],
  ['values that do not fit', VALUES, filePackets(Buffer.concat([lines(3), lines(3, 'seven'), lines(2, '99999999999')]))],
  [
    'a row that ends the statement, early in a long file',
    VALUES,
    filePackets(Buffer.concat([lines(3), lines(1, '666'), lines(900_000)]), ANY_PIECES),
  ],
  ['keys that are there', `LOAD DATA LOCAL INFILE 'any' INTO TABLE loaded ${LINES}'\\n' (id)`, filePackets(lines(5))],
];

describeEachFlavour('files of clients', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let root: Connection;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 0, extraArgs: ['--local-infile=1', '--max-allowed-packet=64M'] });
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1 } });
    root = await cluster.primary.connect({ database: 'app' });
  });
  afterAll(async () => {
    root?.destroy();
    await weir?.kill();
    await cluster?.stop();
  });

  /** Everything that the client gets: what the statement says, what is there afterwards, and that the session goes on. */
  async function load(port: number, sql: string, file: Buffer): Promise<string[]> {
    await root.query('DROP TABLE IF EXISTS loaded');
    await root.query('CREATE TABLE loaded (id INT AUTO_INCREMENT PRIMARY KEY, a INT)');
    await root.query(
      "CREATE TRIGGER refusal BEFORE INSERT ON loaded FOR EACH ROW IF NEW.a = 666 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF",
    );
    const client = await WireClient.login(port, { timeoutMs: 30_000 });
    try {
      const packets = await client.command(comQuery(sql));
      client.sendRaw(file);
      packets.push(await client.packet());
      for (const next of ['SHOW WARNINGS LIMIT 3', 'SELECT COUNT(*), SUM(a) FROM loaded', 'SELECT 1'])
        packets.push(...(await client.query(next)));
      return packets.map(shown);
    } finally {
      client.destroy();
    }
  }

  it.each(FILES)('are loaded with the same answers: %s', async (_, sql, file) => {
    expect(await load(weir.port, sql, file)).toEqual(await load(cluster.primary.port, sql, file));
  });

  it('are refused as a server refuses them, by the server and by weir', async () => {
    const refusal = async (client: WireClient): Promise<string[]> => {
      const packets = [...(await client.query(VALUES)), ...(await client.query('SELECT 1'))];
      expect(errorOf(packets.slice(0, 1)).errno).toBeGreaterThan(0);
      client.destroy();
      return packets.map(shown);
    };
    await root.query('SET GLOBAL local_infile = 0');
    const expected = await refusal(await WireClient.login(cluster.primary.port));
    expect(await refusal(await WireClient.login(weir.port))).toEqual(expected);
    await root.query('SET GLOBAL local_infile = 1');
    const before = await WireClient.login(weir.port);
    const admin = await weir.connectAdmin();
    await admin.query("SET mysql-enable_load_data_local_infile = 'false'");
    await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
    expect(await refusal(before)).toEqual(expected);
    expect(await refusal(await WireClient.login(weir.port))).toEqual(expected);
    admin.destroy();
  });
});

const shown = ({ sequence, payload }: WirePacket): string => `${sequence} ${payload.toString('latin1')}`;

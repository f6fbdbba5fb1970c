import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capability } from '../../src/protocol/constants.js';
import { type PacketRelay, startPacketRelay } from '../support/packet-relay.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type RunningServer, startServer, withRoot } from '../support/servers/index.js';
import { rowsOf } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

/** As a proxy that follows sessions by itself, or a server before MySQL 5.7 and MariaDB 10.2. */
function withoutTracking(greeting: Buffer): void {
  // Version, thread id, first part of the scramble, 0, lower capabilities, collation, status; then the upper half.
  const upper = greeting.indexOf(0, 1) + 1 + 4 + 8 + 1 + 2 + 1 + 2;
  greeting.writeUInt16LE(greeting.readUInt16LE(upper) & ~(Capability.sessionTrack >>> 16), upper);
}

/** A third session uses the one connection of weir behind each. */
const STATEMENTS = [
  'SET NAMES latin1',
  'SELECT @@character_set_client, @@collation_connection, @@character_set_results',
  "SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'), @@group_concat_max_len := 6 + 1",
  'SELECT @@sql_mode, @@group_concat_max_len',
  'USE app_other',
  'SELECT DATABASE()',
  'SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE',
  'COMMIT',
  "SHOW VARIABLES LIKE '%isolation'",
  'SET character_set_results = NULL, time_zone = "+03:00"',
  'SELECT @@character_set_results, @@time_zone',
  'SET lc_time_names = de_DE, lc_time_names = nowhere',
  'SELECT @@lc_time_names',
  'SET NAMES DEFAULT',
  'SET sql_mode = DEFAULT, group_concat_max_len = DEFAULT, max_join_size = 7',
  'SELECT @@sql_mode, @@group_concat_max_len, @@max_join_size, @@sql_big_selects',
  'SET autocommit = 0',
  'SELECT @@autocommit',
  'SET autocommit = 1',
  'SELECT @@autocommit',
];

const OWN_STATE = 'SELECT @@sql_mode, @@collation_connection, @@time_zone, DATABASE()';

describeEachFlavour('servers that do not report what changes', (flavour) => {
  let server: RunningServer;
  let relay: PacketRelay;
  let weir: RunningWeir;
  const open: Connection[] = [];

  const opened = async (connecting: Promise<Connection>): Promise<Connection> => {
    const connection = await connecting;
    open.push(connection);
    return connection;
  };

  beforeAll(async () => {
    server = await startServer({ flavour });
    await withRoot(server, (root) => root.query('CREATE DATABASE app_other'));
    relay = await startPacketRelay({ host: '127.0.0.1', port: server.port }, withoutTracking);
    weir = await startWeir({
      servers: [{ address: '127.0.0.1', port: relay.port, hostgroup: 0, more: { max_connections: 1 } }],
      mysqlVariables: { threads: 1, connect_timeout_server_max: 3000 },
    });
  });
  afterAll(async () => {
    for (const connection of open) connection.destroy();
    await weir?.kill();
    await relay?.stop();
    await server?.stop();
  });

  it('serve sessions that share a connection, each with what it has set', async () => {
    const twin = await opened(server.connect({ flags: ['-SESSION_TRACK'], user: 'app', password: 'app', database: 'app' }));
    const session = await opened(weir.connect({ flags: ['-SESSION_TRACK'] }));
    const other = await opened(weir.connect());
    const [fresh] = await rowsOf(other, OWN_STATE);
    for (const statement of STATEMENTS) {
      const answers = await Promise.all([twin, session].map((each) => rowsOf(each, statement).catch(({ errno }) => errno)));
      expect(JSON.stringify(answers[1]), statement).toBe(JSON.stringify(answers[0]));
      const isKept = statement === 'SET autocommit = 0' || statement === 'SELECT @@autocommit';
      if (!isKept) await expect(rowsOf(other, OWN_STATE), `behind ${statement}`).resolves.toEqual([fresh]);
    }
    await session.query('DROP DATABASE app_other');
    expect(await rowsOf(other, OWN_STATE)).toEqual([fresh]);
    expect(await rowsOf(session, 'SELECT DATABASE() AS name')).toEqual([{ name: null }]);
  });
});

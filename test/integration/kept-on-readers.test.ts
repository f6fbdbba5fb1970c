import { expect, it } from 'vitest';
import { Capability } from '../../src/protocol/constants.js';
import { Bed } from '../support/bed.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { numberOf, rowsOf, until } from '../support/statements.js';
import { textRows, WireClient } from '../support/wire-client.js';

describeEachFlavour('sessions that keep a connection to a reader', (flavour) => {
  const bed = new Bed(flavour, { mysqlVariables: { multiplexing: false } });

  /** Leaves a warning on the connection of the replica. */
  const WARNING = "SELECT @@server_id AS server, CAST('x' AS SIGNED) AS zero";

  it('know what the last statement has left when they have to leave it', async () => {
    const client = await bed.connect();
    const replica = bed.cluster.replicas[0]!.serverId;
    for (const read of ['SHOW WARNINGS', 'SELECT @warnings AS warnings']) {
      expect(await rowsOf(client, WARNING)).toEqual([{ server: replica, zero: 0 }]);
      // It sets a variable, which only the primary may.
      await client.query('GET DIAGNOSTICS @warnings = NUMBER');
      expect(await rowsOf(client, read)).toMatchObject(read === 'SHOW WARNINGS' ? [{ Code: 1292 }] : [{ warnings: 1 }]);
      await client.changeUser({});
    }
    await rowsOf(client, 'SELECT SQL_CALC_FOUND_ROWS @@server_id FROM (SELECT 1 UNION SELECT 2 UNION SELECT 3) AS three LIMIT 1');
    await client.query('SET @found = FOUND_ROWS()');
    expect(await numberOf(client, 'SELECT @found')).toBe(3);
  });

  it.runIf(flavour === 'mariadb')('are not those that have said SET STATEMENT … FOR a read, whatever ends its result', async () => {
    const admin = await bed.weir.connectAdmin();
    await admin.query("SET mysql-multiplexing = 'true'");
    await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
    const replica = String(bed.cluster.replicas[0]!.serverId);
    const used = 'SELECT SUM(ConnUsed) AS used FROM stats_mysql_connection_pool';
    for (const capabilities of [0, Capability.deprecateEof, Capability.deprecateEof | Capability.sessionTrack]) {
      const client = await WireClient.login(bed.weir.port, { capabilities });
      const reply = await client.query('SET STATEMENT max_statement_time = 20 FOR SELECT @@server_id, @@max_statement_time');
      expect(textRows(reply, (capabilities & Capability.deprecateEof) === 0)).toEqual([[replica, '20.000000']]);
      await until('no connection in use', async () => (await numberOf(admin, used)) === 0);
      client.destroy();
    }
    admin.destroy();
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, MONITOR, type RunningServer, startCluster, withRoot } from '../support/servers/index.js';
import { readServer, sleep, until, WITNESS_TABLE, writeServer } from '../support/statements.js';
import { startWeir } from '../support/weir.js';

describeEachFlavour('monitor', (flavour) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute(WITNESS_TABLE);
  });
  afterAll(() => cluster?.stop());

  function setReadOnly(server: RunningServer, isReadOnly: boolean): Promise<unknown> {
    const variable = flavour === 'mysql' && isReadOnly ? 'super_read_only' : 'read_only';
    return withRoot(server, (root) => root.query(`SET GLOBAL ${variable} = ${isReadOnly ? 'ON' : 'OFF'}`));
  }

  it('follows a switchover: writes and reads change their server within the interval', async () => {
    const [old, next] = cluster.servers as [RunningServer, RunningServer];
    const weir = await startWeir({ cluster, mysqlVariables: { monitor_writer_is_also_reader: false } });
    try {
      const connection = await weir.connect();
      expect(await writeServer(connection, 'before')).toBe(old.serverId);
      await setReadOnly(old, true);
      await setReadOnly(next, false);
      const flippedAt = Date.now();
      await until('writes on the new primary', async () => (await writeServer(connection, 'after')) === next.serverId, 2000);
      await until('the old primary reading', async () => (await readServer(connection)) === old.serverId, 2000);
      expect(Date.now() - flippedAt).toBeLessThan(2000);
      for (let turn = 0; turn < 30; turn++) expect(await readServer(connection)).not.toBe(next.serverId);
      const written = await writeServer(connection, 'still');
      expect(written).toBe(next.serverId);
      await setReadOnly(next, true);
      await setReadOnly(old, false);
      await until('writes on the first primary again', async () => (await writeServer(connection, 'back')) === old.serverId, 2000);
      connection.destroy();
    } finally {
      await weir.kill();
      await setReadOnly(next, true);
      await setReadOnly(old, false);
    }
  });

  it('reports a refused account and leaves the roles as configured', async () => {
    const weir = await startWeir({ cluster, mysqlVariables: { monitor_username: MONITOR.username, monitor_password: 'wrong' } });
    try {
      for (const server of cluster.servers) {
        const line = await weir.waitForLog(
          (entry) => entry.msg?.startsWith('server refuses the monitor') === true && entry['server'] === `127.0.0.1:${server.port}`,
        );
        expect(String(line['reason'])).toMatch(/Access denied/);
      }
      await sleep(1500);
      const connection = await weir.connect();
      expect(await writeServer(connection, 'refused')).toBe(cluster.primary.serverId);
      for (let turn = 0; turn < 20; turn++) expect(await readServer(connection)).not.toBe(cluster.primary.serverId);
      connection.destroy();
      expect(weir.logs.filter('server is left out')).toEqual([]);
    } finally {
      await weir.kill();
    }
  });
});

import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { changeLocally } from '../support/faults/local-change.js';
import type { LogLine } from '../support/log-collector.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, follow, type RunningServer, startCluster, withRoot } from '../support/servers/index.js';
import { readServer, rowsOf, sleep, until, WITNESS_TABLE, writeWitness } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const LIMIT_SEC = 2;

describeEachFlavour('replication lag', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let client: Connection;
  let admin: Connection;

  beforeAll(async () => {
    // The appliers' times are there, but the account may not read them until the last test.
    cluster = await startCluster({ flavour, extraArgs: flavour === 'mysql' ? ['--performance-schema=ON'] : [] });
    await cluster.execute(WITNESS_TABLE, 'CREATE TABLE app.single (id INT PRIMARY KEY)');
  });
  afterAll(() => cluster?.stop());
  afterEach(() => weir?.kill());

  async function begin(mysqlVariables: Readonly<Record<string, string | number | boolean>> = {}): Promise<void> {
    const more = { max_replication_lag: LIMIT_SEC };
    weir = await startWeir({
      cluster,
      servers: cluster.servers.map((server, index) => ({ address: '127.0.0.1', port: server.port, hostgroup: Math.min(index, 1), more })),
      mysqlVariables: { monitor_replication_lag_interval: 200, monitor_writer_is_also_reader: false, ...mysqlVariables },
    });
    client = await weir.connect();
    admin = await weir.connectAdmin();
  }

  const control = (server: RunningServer, verb: 'STOP' | 'START', thread: 'SQL_THREAD' | 'IO_THREAD' | ''): Promise<unknown> =>
    withRoot(server, (root) => root.query(`${verb} ${flavour === 'mysql' ? 'REPLICA' : 'SLAVE'} ${thread}`));

  async function change(server: RunningServer, delaySec: number): Promise<void> {
    await control(server, 'STOP', '');
    const sql = flavour === 'mysql' ? 'CHANGE REPLICATION SOURCE TO SOURCE_DELAY' : 'CHANGE MASTER TO MASTER_DELAY';
    await withRoot(server, (root) => root.query(`${sql}=${delaySec}`));
    await control(server, 'START', '');
  }

  async function statusOf(server: RunningServer, hostgroup: number): Promise<string | undefined> {
    const sql = `SELECT status FROM runtime_mysql_servers WHERE hostgroup_id = ${hostgroup} AND port = ${server.port}`;
    return (await rowsOf(admin, sql))[0]?.['status'];
  }

  /** Why the server was left out first; not for a ping, which a busy machine may take for lost. */
  async function reason(server: RunningServer): Promise<string> {
    const line = await weir.waitForLog(
      ({ msg, ...fields }) =>
        msg === 'server is left out' &&
        fields['server'] === `127.0.0.1:${server.port}` &&
        !String(fields['reason']).startsWith('ping failed'),
    );
    return String(line['reason']);
  }

  async function readers(turns = 40): Promise<number[]> {
    const seen = new Set<number>();
    for (let turn = 0; turn < turns; turn++) seen.add(await readServer(client));
    return [...seen].sort();
  }

  it('shuns a replica whose SQL thread is stopped, by its reason, and takes it back', async () => {
    await begin();
    const [bad, good] = cluster.replicas as [RunningServer, RunningServer];
    await control(bad, 'STOP', 'SQL_THREAD');
    try {
      await until('it is shunned', async () => (await statusOf(bad, 1)) === 'SHUNNED', 3000);
      expect(await reason(bad)).toMatch(/^replication SQL thread is stopped \(counts as lag 60 s\) > 2 s$/);
      const pool = await rowsOf(admin, `SELECT status FROM stats_mysql_connection_pool WHERE srv_port = ${bad.port} AND hostgroup = 1`);
      expect(pool[0]?.['status']).toBe('SHUNNED');
      expect(await readers()).toEqual([good.serverId]);
    } finally {
      await control(bad, 'START', 'SQL_THREAD');
    }
    await until('it is back', async () => (await statusOf(bad, 1)) === 'ONLINE', 5000);
    // It reads once it has a connection.
    await until('both read', async () => (await readers()).join() === [bad.serverId, good.serverId].join());
  });

  it("shuns a replica whose SQL thread broke, with the server's error, and one whose IO thread was stopped", async () => {
    await begin();
    const [broken, stopped] = cluster.replicas as [RunningServer, RunningServer];
    await changeLocally(broken, ['INSERT INTO app.single VALUES (1)']);
    await client.query('INSERT INTO single VALUES (1)');
    try {
      await until('it is shunned', async () => (await statusOf(broken, 1)) === 'SHUNNED', 5000);
      expect(await reason(broken)).toMatch(/^replication SQL thread is stopped: .*(1062|Duplicate entry|single|transaction)/);
      expect(await readers()).toEqual([stopped.serverId]);
      await control(stopped, 'STOP', 'IO_THREAD');
      await until('the other is shunned too', async () => (await statusOf(stopped, 1)) === 'SHUNNED', 3000);
      expect(await reason(stopped)).toMatch(/^replication IO thread is stopped/);
      // Nobody but the writer is left: it is never shunned for lag, and takes the reads.
      expect(await readers(10)).toEqual([cluster.primary.serverId]);
    } finally {
      await control(stopped, 'START', 'IO_THREAD');
      await changeLocally(broken, ['DELETE FROM app.single']);
      await control(broken, 'START', '');
    }
    await until('both are back', async () => (await readers(20)).length === 2, 8000);
  });

  it('shuns a delayed replica only after monitor_replication_lag_count looks, and takes it back after as many', async () => {
    const [late, good] = cluster.replicas as [RunningServer, RunningServer];
    await change(late, 6);
    try {
      await begin({ monitor_replication_lag_count: 3 });
      expect(await statusOf(late, 1)).toBe('ONLINE');
      await writeWitness(client, 'delayed');
      await until('it is shunned', async () => (await statusOf(late, 1)) === 'SHUNNED', 8000);
      expect(await reason(late)).toMatch(/^lag [\d.]+ s > 2 s$/);
      expect(await readers()).toEqual([good.serverId]);
      const sql = `SELECT repl_lag FROM monitor.mysql_server_replication_lag_log WHERE port = ${late.port} ORDER BY time_start_us`;
      const logged = (await rowsOf(admin, sql)).map((row) => Number(row['repl_lag']));
      expect(logged.filter((lag) => lag >= LIMIT_SEC).length).toBeGreaterThanOrEqual(3);
      await until('it is back', async () => (await statusOf(late, 1)) === 'ONLINE', 12_000);
    } finally {
      await change(late, 0);
    }
  });

  it('goes on reading from the replicas while the primary is gone', async () => {
    await begin();
    expect(await readers()).toEqual(cluster.replicas.map((replica) => replica.serverId));
    await cluster.primary.shutdown();
    try {
      await until('the primary is shunned', async () => (await statusOf(cluster.primary, 0)) === 'SHUNNED', 15_000);
      await sleep((LIMIT_SEC + 2) * 1000);
      expect(await readers()).toEqual(cluster.replicas.map((replica) => replica.serverId));
      for (const replica of cluster.replicas) expect(await statusOf(replica, 1)).toBe('ONLINE');
    } finally {
      await cluster.primary.restart();
    }
    await until('the primary takes writes', async () => (await statusOf(cluster.primary, 0)) === 'ONLINE', 15_000);
    await until('all replicas are read', async () => (await readers(20)).length === 2, 8000);
  });

  it('counts the lag of a replica in full that replicates from a lagging one', async () => {
    const [middle, end] = cluster.replicas as [RunningServer, RunningServer];
    await control(end, 'STOP', '');
    await follow(end, middle);
    await change(middle, 5);
    try {
      await begin();
      await writeWitness(client, 'cascade');
      await until(
        'both are shunned',
        async () => (await statusOf(middle, 1)) === 'SHUNNED' && (await statusOf(end, 1)) === 'SHUNNED',
        8000,
      );
      expect(await reason(end)).toMatch(new RegExp(`^its source 127\\.0\\.0\\.1:${middle.port}: lag [\\d.]+ s > 2 s$`));
      await until('both are back', async () => (await readers(20)).length === 2, 12_000);
    } finally {
      await change(middle, 0);
      await control(end, 'STOP', '');
      await follow(end, cluster.primary);
    }
  });

  it('takes the lag from a heartbeat table, and does not let it shun anybody when it can not be read', async () => {
    const [late, good] = cluster.replicas as [RunningServer, RunningServer];
    await cluster.execute(
      'CREATE TABLE app.heartbeat (ts VARCHAR(26) NOT NULL, server_id INT UNSIGNED NOT NULL PRIMARY KEY)',
      "INSERT INTO app.heartbeat VALUES ('2020-01-01T00:00:00.000000', 99), (SYSDATE(6), 1)",
    );
    const beat = setInterval(
      () =>
        void withRoot(cluster.primary, (root) => root.query('UPDATE app.heartbeat SET ts = SYSDATE(6) WHERE server_id = 1')).catch(
          () => {},
        ),
      200,
    );
    try {
      await begin({ monitor_replication_lag_use_percona_heartbeat: 'app.heartbeat' });
      const log = `SELECT error FROM monitor.mysql_server_replication_lag_log WHERE port = ${late.port} ORDER BY time_start_us DESC LIMIT 1`;
      await until('the missing right is told', async () => /denied/.test(String((await rowsOf(admin, log))[0]?.['error'])), 3000);
      expect(await readers()).toEqual([late.serverId, good.serverId]);
      await cluster.execute("GRANT SELECT ON app.heartbeat TO 'monitor'@'%'");
      await change(late, 5);
      // Before that, a look may have met the threads that `change` stopped.
      const isLag = (line: LogLine) => line['server'] === `127.0.0.1:${late.port}` && /^lag \d+\.\d+ s > 2 s$/.test(String(line['reason']));
      await weir.waitForLog((line) => line.msg === 'server is left out' && isLag(line), 8000);
      await until('it is shunned', async () => (await statusOf(late, 1)) === 'SHUNNED', 8000);
      expect(await readers()).toEqual([good.serverId]);
      await change(late, 0);
      await until('it is back', async () => (await statusOf(late, 1)) === 'ONLINE', 8000);
    } finally {
      clearInterval(beat);
      await change(late, 0);
    }
  });

  it.runIf(flavour === 'mysql')("tells milliseconds by the appliers' times where the account may read them", async () => {
    const [late] = cluster.replicas as [RunningServer];
    await cluster.execute("GRANT SELECT ON performance_schema.* TO 'monitor'@'%'");
    await begin();
    expect(await readers()).toHaveLength(2);
    await withRoot(late, async (root) => {
      // A statement of the applier waits for this lock: one transaction is being applied for seconds.
      await root.query('LOCK TABLES app.single READ');
      try {
        await client.query('INSERT INTO single VALUES (77)');
        await until('it is shunned', async () => (await statusOf(late, 1)) === 'SHUNNED', 8000);
      } finally {
        await root.query('UNLOCK TABLES');
      }
    });
    expect(await reason(late)).toMatch(/^lag 2\.\d+ s > 2 s$/);
    await until('it is back', async () => (await statusOf(late, 1)) === 'ONLINE', 5000);
  });
});

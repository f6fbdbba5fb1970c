import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

describeEachFlavour('history and scheduler', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let admin: Connection;
  const directory = mkdtempSync(path.join(tmpdir(), 'weir-programs-'));

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    weir = await startWeir({
      cluster,
      adminVariables: {
        ...{ stats_mysql_connections: 1, stats_mysql_connection_pool: 1, stats_system_cpu: 1, stats_system_memory: 1 },
        stats_credentials: 'stats:stats',
      },
    });
    admin = await weir.connectAdmin();
  });
  afterAll(async () => {
    admin?.destroy();
    await weir?.kill();
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function rowsOf(sql: string, connection = admin): Promise<RowDataPacket[]> {
    return (await connection.query<RowDataPacket[]>(sql))[0];
  }

  async function untilRow(sql: string, fits: (row: RowDataPacket) => boolean): Promise<RowDataPacket> {
    for (let turn = 0; turn < 60; turn++) {
      const found = (await rowsOf(sql)).find(fits);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`not within 6 s: ${sql}\n${JSON.stringify(await rowsOf(sql))}`);
  }

  it('records what clients do, for admin and stats accounts', async () => {
    const client = await weir.connect();
    for (let count = 0; count < 7; count++) await client.query('SELECT 1');
    const last = await untilRow(
      'SELECT * FROM stats_history.mysql_connections ORDER BY timestamp DESC LIMIT 1',
      (row) => Number(row['Questions']) >= 7,
    );
    expect(Number(last['Client_Connections_connected'])).toBe(1);
    expect(Math.abs(Number(last['timestamp']) - Date.now() / 1000)).toBeLessThan(30);
    await untilRow('SELECT * FROM system_cpu ORDER BY timestamp DESC LIMIT 1', (row) => Number(row['tms_utime']) > 0);
    await untilRow('SELECT * FROM system_memory ORDER BY timestamp DESC LIMIT 1', (row) => Number(row['resident']) > 50_000_000);
    await untilRow('SELECT SUM(Queries) AS queries FROM history_stats_mysql_connection_pool', (row) => Number(row['queries']) >= 7);
    const joined = `SELECT variable_value AS value FROM stats_history.history_mysql_status_variables
      JOIN stats_history.history_mysql_status_variables_lookup USING (variable_id) WHERE variable_name = 'Questions' ORDER BY timestamp DESC LIMIT 1`;
    expect(Number((await rowsOf(joined))[0]!['value'])).toBeGreaterThanOrEqual(7);
    const stats = await weir.connectAdmin({ user: 'stats', password: 'stats' });
    expect((await rowsOf('SELECT * FROM stats_history.mysql_connections', stats)).length).toBeGreaterThan(0);
    await expect(stats.query('DELETE FROM stats_history.mysql_connections')).rejects.toThrow();
    stats.destroy();
    client.destroy();
  });

  it('moves digests to disk', async () => {
    const client = await weir.connect();
    for (let count = 0; count < 5; count++) await client.query(`SELECT ${count} AS moved_digest`);
    client.destroy();
    await admin.query('SAVE MYSQL DIGEST TO DISK');
    const saved = await rowsOf("SELECT * FROM stats_history.history_mysql_query_digest WHERE digest_text LIKE '%moved_digest%'");
    expect(saved.reduce((sum, row) => sum + Number(row['count_star']), 0)).toBe(5);
    expect(await rowsOf("SELECT * FROM stats_mysql_query_digest WHERE digest_text LIKE '%moved_digest%'")).toEqual([]);
  });

  it('shows results of checks in the order in which they came', async () => {
    const log = await rowsOf('SELECT * FROM monitor.mysql_server_ping_log');
    expect(log.length).toBeGreaterThan(2);
    const times = log.map((row) => Number(row['time_start_us']));
    expect(Math.max(...times)).toBeGreaterThan((Date.now() - 5_000) * 1000);
    expect(times[0]).toBeLessThanOrEqual(times.at(-1)!);
    expect(await rowsOf('SELECT * FROM monitor.mysql_server_galera_log')).toEqual([]);
  });

  it('runs programs and ends them with weir', async () => {
    const program = path.join(directory, 'work');
    writeFileSync(program, `#!/bin/sh\necho "$1" >> ${directory}/out\n`, { mode: 0o700 });
    const waiting = path.join(directory, 'wait');
    writeFileSync(waiting, `#!/bin/sh\necho $$ > ${directory}/pid\nexec sleep 60\n`, { mode: 0o700 });
    await admin.query(
      'INSERT INTO scheduler (id, interval_ms, filename, arg1) VALUES (1, 200, ?, ?), (2, 100000, ?, NULL), (3, 100000, ?, NULL)',
      [program, 'a b; c', waiting, '/nowhere/at-all'],
    );
    expect(await rowsOf('SELECT * FROM stats_weir_scheduler')).toEqual([]);
    await admin.query('LOAD SCHEDULER TO RUNTIME');
    const first = await untilRow(
      'SELECT * FROM stats_weir_scheduler WHERE id = 1',
      (row) => Number(row['runs']) >= 3 && Number(row['running']) === 0,
    );
    expect(first).toMatchObject({ filename: program, last_exit: '0', last_error: '' });
    expect(readFileSync(path.join(directory, 'out'), 'utf8').split('\n').slice(0, 2)).toEqual(['a b; c', 'a b; c']);
    await untilRow('SELECT * FROM stats_weir_scheduler WHERE id = 3', (row) => String(row['last_error']).includes('there is no such file'));
    await weir.waitForLog('scheduled program failed');
    const pid = Number(readFileSync(path.join(directory, 'pid'), 'utf8'));
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    await weir.stop();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('ends programs also when it stops at once', async () => {
    const another = await startWeir({ cluster });
    const pidFile = path.join(directory, 'pid-at-once');
    const waiting = path.join(directory, 'wait-at-once');
    writeFileSync(waiting, `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 60\n`, { mode: 0o700 });
    const client = await another.connectAdmin();
    await client.query('INSERT INTO scheduler (interval_ms, filename) VALUES (100000, ?)', [waiting]);
    await client.query('LOAD SCHEDULER TO RUNTIME');
    for (let turn = 0; turn < 50 && !existsSync(pidFile); turn++) await new Promise((resolve) => setTimeout(resolve, 50));
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await client.query('PROXYSQL KILL').catch(() => undefined);
    await another.exited;
    for (let turn = 0; turn < 20 && existsSync(`/proc/${pid}`); turn++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    client.destroy();
    await another.kill();
  });
});

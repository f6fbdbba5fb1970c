import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LayersWorld, layersWorld } from './layers-world.js';

const cnf = `
mysql_servers = ( { address="db1" port=3306 hostgroup=1 }, { address="db2" port=3306 hostgroup=1 } )
mysql_users = ( { username="app" password="x" default_hostgroup=1 } )
`;

let world: LayersWorld;
beforeEach(() => {
  world = layersWorld(cnf);
});
afterEach(() => world.close());

describe.each(['PROXYSQL', 'WEIR', 'proxysql'])('%s', (word) => {
  it('does what it is told', async () => {
    const expected = [
      ['RESTART', 'restart'],
      ['SHUTDOWN', 'shutdown false'],
      ['SHUTDOWN SLOW', 'shutdown true'],
      ['KILL', 'exitAtOnce'],
      ['FLUSH LOGS', 'reopenLogs'],
      ['RELOAD TLS', 'reloadKeys'],
    ] as const;
    for (const [command] of expected) await world.ok(`${word}  ${command};`);
    expect(world.called).toEqual(expected.map(([, call]) => call));
  });

  it('refuses what it has not, saying what there is', async () => {
    expect(await world.error(`${word} MEMPROFILE START`)).toContain('no memory profiler');
    expect(await world.error(`${word} COREDUMP /tmp/x`)).toContain('writes no core files');
    expect(await world.error(`${word} COMPRESSEDCOREDUMP`)).toContain('writes no core files');
    expect(await world.error(`${word} GCOV DUMP`)).toContain('coverage');
    expect(await world.error(`${word} DANCE`)).toContain('there is no command PROXYSQL DANCE; accepted: PROXYSQL START, PROXYSQL STOP');
    expect(await world.error(word)).toContain('accepted: PROXYSQL START');
  });

  it('accepts what asks for nothing, with a warning', async () => {
    expect((await world.ok(`${word} FLUSH QUERY CACHE`)).warnings).toHaveLength(1);
    expect((await world.ok(`${word} CLUSTER_NODE_UUID 1-2-3 0.0.0.0:6032`)).warnings).toHaveLength(1);
  });

  it('READONLY and READWRITE', async () => {
    await world.ok(`${word} READONLY`);
    expect(await world.error('DELETE FROM mysql_users')).toContain('PROXYSQL READWRITE ends that');
    expect(await world.error('PROXYSQL PAUSE')).toContain('admin-read_only');
    await world.ok(`${word} READWRITE`);
    await world.ok('DELETE FROM mysql_users');
  });
});

describe('the traffic side', () => {
  it('is paused, resumed, stopped and started in order only', async () => {
    let [running, paused] = [true, false];
    const set = (nextRunning: boolean, nextPaused: boolean) => {
      [running, paused] = [nextRunning, nextPaused];
    };
    const own = layersWorld(
      cnf,
      {},
      {
        get running() {
          return running;
        },
        get paused() {
          return paused;
        },
        stopTraffic: async () => set(false, paused),
        startTraffic: async () => set(true, paused),
        pause: () => set(running, true),
        resume: () => set(running, false),
      },
    );
    expect(await own.error('PROXYSQL RESUME')).toBe('ProxySQL MySQL module is not paused, impossible to resume');
    await own.ok('PROXYSQL PAUSE');
    expect(await own.error('WEIR PAUSE')).toBe('ProxySQL MySQL module is already paused, impossible to pause');
    await own.ok('PROXYSQL RESUME');
    expect(await own.error('PROXYSQL START')).toBe('ProxySQL already started');
    await own.ok('PROXYSQL STOP');
    expect(await own.error('PROXYSQL STOP')).toBe('ProxySQL already stopped');
    expect(await own.error('PROXYSQL PAUSE')).toBe('ProxySQL MySQL module is not running, impossible to pause');
    expect(await own.error('PROXYSQL RESUME')).toBe('ProxySQL MySQL module is not running, impossible to resume');
    await own.ok('PROXYSQL START');
    own.close();
  });
});

describe('FLUSH CONFIGDB', () => {
  it('opens a weir.db that was put in place of the old one', async () => {
    const other = layersWorld('mysql_users = ( { username="other" default_hostgroup=1 } )');
    other.close(true);
    const path = join(world.datadir, 'weir.db');
    rmSync(path);
    const { copyFileSync } = await import('node:fs');
    copyFileSync(join(other.datadir, 'weir.db'), path);
    rmSync(other.datadir, { recursive: true });
    expect((await world.ok('PROXYSQL FLUSH CONFIGDB')).warnings).toEqual([]);
    expect(await world.rows('SELECT username FROM disk.mysql_users')).toEqual([['other']]);
    expect(await world.rows('SELECT username FROM mysql_users')).toEqual([['app']]);
  });

  it('makes one that is gone from memory', async () => {
    rmSync(join(world.datadir, 'weir.db'));
    expect((await world.ok('PROXYSQL FLUSH CONFIGDB')).warnings).toEqual([expect.stringContaining('made anew from memory')]);
    expect(await world.rows('SELECT username FROM disk.mysql_users')).toEqual([['app']]);
  });

  it('keeps the open one where the new one can not be used', async () => {
    const path = join(world.datadir, 'weir.db');
    rmSync(path);
    writeFileSync(path, 'these are my notes; they are longer than the header of a database would be, and are none of weir');
    expect(await world.error('PROXYSQL FLUSH CONFIGDB')).toContain('Move the file away');
    expect(await world.rows('SELECT username FROM disk.mysql_users')).toEqual([['app']]);
  });
});

describe('LOGENTRY, SIGNAL', () => {
  it('reach the log, or nobody', async () => {
    await world.ok('LOGENTRY deploy 12 begins');
    await world.ok("LOGENTRY 'deploy 12 ends';");
    expect(world.called).toEqual(['logEntry deploy 12 begins', 'logEntry deploy 12 ends']);
    await world.ok('SIGNAL MYSQL THREADS');
  });
});

describe('checksums', () => {
  const values = () => world.rows('SELECT name, version, epoch, checksum FROM runtime_checksums_values');

  it('count loads and tell contents apart', async () => {
    const before = await values();
    expect(before.map(([name]) => name).sort()).toEqual(
      [
        'admin_variables',
        'mysql_query_rules',
        'mysql_servers',
        'mysql_servers_v2',
        'mysql_users',
        'mysql_variables',
        'proxysql_servers',
      ].sort(),
    );
    for (const [name, version, epoch, sum] of before) {
      expect(version, String(name)).toBe(1);
      expect(Math.abs(Number(epoch) - Date.now() / 1000)).toBeLessThan(10);
      expect(sum).toMatch(/^0x[0-9A-F]{16}$/);
    }
    await world.ok('LOAD MYSQL USERS TO RUNTIME');
    const users = async () => (await values()).find(([name]) => name === 'mysql_users')!;
    const first = before.find(([name]) => name === 'mysql_users')!;
    expect(await users()).toEqual(['mysql_users', 2, first[2], first[3]]);
    await world.ok("UPDATE mysql_users SET comment = 'x'");
    await world.ok('LOAD MYSQL USERS TO RUNTIME');
    expect((await users()).slice(0, 2)).toEqual(['mysql_users', 3]);
    expect((await users())[3]).not.toBe(first[3]);
    expect((await values()).filter(([name]) => name !== 'mysql_users')).toEqual(before.filter(([name]) => name !== 'mysql_users'));
  });

  it('are the same after a restart and with rows in another order', async () => {
    const sums = async () => (await values()).map(([name, , , sum]) => [name, sum]);
    const before = await sums();
    const [global] = await world.rows('SELECT GLOBAL_CHECKSUM()');
    world.close(true);
    world = layersWorld('', { datadir: world.datadir });
    expect(await sums()).toEqual(before);
    expect(await world.rows('select global_checksum()')).toEqual([global]);
    await world.ok("UPDATE mysql_servers SET hostname = 'x' WHERE hostname = 'db1'");
    await world.ok("DELETE FROM mysql_servers WHERE hostname = 'x'");
    await world.ok("INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (1, 'db1')");
    await world.ok('LOAD MYSQL SERVERS TO RUNTIME');
    expect(await sums()).toEqual(before);
  });

  it.each(['SERVERS', 'USERS', 'QUERY RULES', 'VARIABLES', 'REPLICATION HOSTGROUPS', 'HOSTGROUP ATTRIBUTES', 'SERVERS SSL PARAMS'])(
    'CHECKSUM … MYSQL %s compares layers',
    async (what) => {
      const memory = await world.rows(`CHECKSUM MYSQL ${what}`);
      expect(memory).toEqual([[expect.any(String), expect.stringMatching(/^0x[0-9A-F]{16}$/)]]);
      for (const layer of ['MEMORY', 'MEM', 'DISK']) expect(await world.rows(`checksum ${layer} mysql ${what}`)).toEqual(memory);
    },
  );

  it('CHECKSUM sees what is not saved', async () => {
    await world.ok('DELETE FROM mysql_users');
    expect(await world.rows('CHECKSUM MYSQL USERS')).toEqual([['mysql_users', '0x0000000000000000']]);
    expect(await world.rows('CHECKSUM DISK MYSQL USERS')).not.toEqual([['mysql_users', '0x0000000000000000']]);
    expect(await world.error('CHECKSUM MYSQL NONSENSE')).toContain('accepted: SERVERS, USERS');
  });

  it('PULL VERSION waits for a change of the servers', async () => {
    const [[now]] = (await world.rows('PULL VERSION MYSQL SERVERS 0 1')) as [[number]];
    const pulled = world.rows(`PULL VERSION MYSQL SERVERS ${now + 1} 5`);
    await world.ok('LOAD MYSQL SERVERS TO RUNTIME');
    expect(await pulled).toEqual([[now + 1]]);
    const begun = performance.now();
    expect(await world.rows(`PULL VERSION MYSQL SERVERS ${now + 5} 1`)).toEqual([[now + 1]]);
    expect(performance.now() - begun).toBeGreaterThan(900);
  });
});

describe('tables of clusters and of other builds', () => {
  it('are there and empty', async () => {
    for (const name of ['checksums', 'status', 'metrics', 'clients_status'])
      expect(await world.rows(`SELECT * FROM stats.stats_proxysql_servers_${name}`)).toEqual([]);
    for (const name of ['', '_reset']) expect(await world.rows(`SELECT * FROM stats.stats_proxysql_message_metrics${name}`)).toEqual([]);
    expect(await world.rows('SELECT * FROM runtime_coredump_filters')).toEqual([]);
    for (const table of ['scheduler', 'restapi_routes', 'mysql_firewall_whitelist_users', 'proxysql_servers', 'mysql_galera_hostgroups'])
      expect(await world.rows(`SELECT * FROM runtime_${table}`)).toEqual([]);
  });

  it('runtime tables have what was loaded', async () => {
    await world.ok("INSERT INTO proxysql_servers VALUES ('p', 6032, 0, '')");
    await world.ok("INSERT INTO scheduler (active, interval_ms, filename) VALUES (1, 1000, '/bin/true'), (0, 1000, '/bin/false')");
    await world.ok('LOAD PROXYSQL SERVERS TO RUNTIME');
    await world.ok('LOAD SCHEDULER TO RUNTIME');
    expect(await world.rows('SELECT hostname FROM runtime_proxysql_servers')).toEqual([['p']]);
    expect(await world.rows('SELECT filename FROM runtime_scheduler')).toEqual([['/bin/true']]);
  });
});

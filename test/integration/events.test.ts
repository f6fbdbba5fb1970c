import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, type RunningServer, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, rowsOf, sleep, until, WITNESS_TABLE } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

/** Kind, server, hostgroups, from, to, reason, time. */
type Told = readonly string[];

/** A slow machine must be no event. */
const PATIENT = {
  monitor_ping_interval: 500,
  monitor_ping_timeout: 5_000,
  monitor_read_only_interval: 300,
  monitor_read_only_timeout: 5_000,
};

describeEachFlavour('events', (flavour) => {
  let directory: string;
  let cluster: Cluster;
  let primary: RunningServer;
  let replica: RunningServer;
  let weir: RunningWeir;
  let admin: Connection;
  /** Id of the last event that a test has seen. */
  let seen = 0;

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'weir-events-'));
    const hook = path.join(directory, 'hook');
    writeFileSync(hook, `#!/bin/sh\n(for each in "$@"; do printf '%s|' "$each"; done; echo) >> ${directory}/calls\n`);
    chmodSync(hook, 0o700);
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute(WITNESS_TABLE);
    [primary, replica] = cluster.servers as [RunningServer, RunningServer];
    weir = await startWeir({ cluster, mysqlVariables: { ...PATIENT, event_hook: hook } });
    admin = await weir.connectAdmin();
  });
  afterAll(async () => {
    admin?.destroy();
    await weir?.kill();
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const addressOf = (server: RunningServer): string => `127.0.0.1:${server.port}`;

  function setReadOnly(server: RunningServer, isReadOnly: boolean): Promise<unknown> {
    const variable = flavour === 'mysql' && isReadOnly ? 'super_read_only' : 'read_only';
    return withRoot(server, (root) => root.query(`SET GLOBAL ${variable} = ${isReadOnly ? 'ON' : 'OFF'}`));
  }

  /** Rows of monitor.weir_events since the last call; waits until there are so many. */
  async function nextEvents(count: number): Promise<Told[]> {
    const sql = `SELECT * FROM monitor.weir_events WHERE id > ${seen} ORDER BY id`;
    await until(`${count} events`, async () => (await rowsOf(admin, sql)).length >= count, 20_000);
    const rows = await rowsOf(admin, sql);
    seen += rows.length;
    return rows.map((row) => ['kind', 'server', 'hostgroups', 'from', 'to', 'reason', 'time'].map((name) => String(row[name])));
  }

  const calls = (): string[] =>
    existsSync(path.join(directory, 'calls')) ? readFileSync(path.join(directory, 'calls'), 'utf8').trimEnd().split('\n') : [];

  /** Each event has one line of the log and one run of the hook, with what the row says. */
  async function expectToldOnce(events: readonly Told[]): Promise<void> {
    for (const event of events) {
      const [kind, server, , from, to] = event;
      await until(`the hook for ${event}`, () => calls().includes(`${event.join('|')}|`), 20_000);
      expect(calls().filter((call) => call === `${event.join('|')}|`)).toHaveLength(1);
      const isIt = (line: Readonly<Record<string, unknown>>): boolean =>
        line['event'] === kind && line['server'] === server && line['from'] === from && line['to'] === to && line['hook'] === undefined;
      const rows = await numberOf(
        admin,
        `SELECT count(*) FROM monitor.weir_events WHERE kind = '${kind}' AND server = '${server}' AND \`from\` = '${from}' AND \`to\` = '${to}'`,
      );
      expect(weir.logs.filter(isIt), `log lines of ${event}`).toHaveLength(rows);
    }
  }

  async function metric(kind: string, to: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${weir.httpPort}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`weir_server_events_total{kind="${kind}",to="${to}"}`));
    return Number(line?.split(' ').at(-1));
  }

  it('says nothing where servers stand as configured', async () => {
    expect(await nextEvents(0)).toEqual([]);
    expect(await metric('status', 'SHUNNED')).toBe(0);
    expect(calls()).toEqual([]);
  });

  it('a replica that is killed and returns', async () => {
    await replica.kill('SIGKILL');
    const [gone] = await nextEvents(1);
    expect(gone).toEqual(['status', addressOf(replica), '1', 'ONLINE', 'SHUNNED', expect.any(String), expect.any(String)]);
    expect(gone![5]).toMatch(/ping failed|connection errors/);
    expect(Math.abs(Date.now() - Date.parse(gone![6]!))).toBeLessThan(60_000);
    await replica.restart();
    const back = await nextEvents(1);
    expect(back).toEqual([['recovery', addressOf(replica), '1', 'SHUNNED', 'ONLINE', expect.any(String), expect.any(String)]]);
    await expectToldOnce([gone!, ...back]);
    expect(await metric('status', 'SHUNNED')).toBe(1);
    expect(await metric('recovery', 'ONLINE')).toBe(1);
  });

  it('a switchover, as roles', async () => {
    await setReadOnly(primary, true);
    await setReadOnly(replica, false);
    const events = await nextEvents(2);
    expect(events.map((event) => event.slice(0, 6)).sort()).toEqual(
      [
        ['role', addressOf(primary), '1', 'writer', 'reader', 'read_only is on'],
        ['role', addressOf(replica), '0,1', 'reader', 'writer', 'read_only is off'],
      ].sort(),
    );
    await expectToldOnce(events);
    expect(await metric('role', 'writer')).toBe(1);
  });

  it('a second writable server, and the end of that', async () => {
    await setReadOnly(primary, false);
    const begin = await nextEvents(2);
    const reason = `${addressOf(primary)} accepts writes too; only the known writer gets them`;
    const leftOut = `read_only is off, but ${addressOf(replica)} is the writer`;
    expect(begin.map((event) => event.slice(0, 6))).toEqual([
      ['status', addressOf(primary), '0', 'ONLINE', 'SHUNNED', leftOut],
      ['conflict', addressOf(replica), '0,1', 'none', 'conflict', reason],
    ]);
    await setReadOnly(primary, true);
    const end = await nextEvents(2);
    expect(end.map((event) => event.slice(0, 6))).toEqual([
      ['recovery', addressOf(primary), '1', 'SHUNNED', 'ONLINE', leftOut],
      ['recovery', addressOf(replica), '0,1', 'conflict', 'none', reason],
    ]);
    await expectToldOnce([...begin, ...end]);
    expect(await metric('conflict', 'conflict')).toBe(1);
    expect(await metric('recovery', 'none')).toBe(1);
  });

  it('a worker that is killed and starts again', async () => {
    const [victim] = await rowsOf(admin, 'SELECT worker, pid FROM stats_weir_workers ORDER BY worker LIMIT 1');
    process.kill(Number(victim!['pid']), 'SIGKILL');
    const events = await nextEvents(2);
    const server = `worker ${victim!['worker']}`;
    expect(events.map((event) => event.slice(0, 5))).toEqual([
      ['worker_death', server, '', 'running', 'dead'],
      ['recovery', server, '', 'dead', 'running'],
    ]);
    expect(events[0]![5]).toMatch(/SIGKILL; it starts again in \d+ ms/);
    await expectToldOnce(events);
    expect(await metric('worker_death', 'dead')).toBe(1);
    expect(weir.logs.filter('worker died')).toHaveLength(1);
  });

  it('a monitor that is refused, and let in again', async () => {
    await admin.query("SET mysql-monitor_password = 'wrong'");
    await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
    const refused = await nextEvents(2);
    expect(refused.map((event) => event.slice(0, 5)).sort()).toEqual(
      [primary, replica].map((server) => ['monitor_refusal', addressOf(server), '', 'accepted', 'refused']).sort(),
    );
    await expectToldOnce(refused);
    await admin.query('LOAD MYSQL VARIABLES FROM DISK');
    await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
    const accepted = await nextEvents(2);
    expect(accepted.map((event) => event.slice(0, 5)).sort()).toEqual(
      [primary, replica].map((server) => ['recovery', addressOf(server), '', 'refused', 'accepted']).sort(),
    );
    await expectToldOnce(accepted);
  });

  it('ends with as many hook runs as events', async () => {
    expect(await nextEvents(0)).toEqual([]);
    await until('all runs', () => calls().length >= seen);
    expect(calls()).toHaveLength(seen);
    expect(await numberOf(admin, 'SELECT count(DISTINCT id) FROM monitor.weir_events')).toBe(seen);
  });
});

describe('events of 200 servers at once', () => {
  it('are 200 lines, rows and runs of the hook, and weir answers meanwhile', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'weir-flood-'));
    const hook = path.join(directory, 'hook');
    writeFileSync(hook, `#!/bin/sh\necho "$2 $5" >> ${directory}/calls\n`, { mode: 0o700 });
    // Nobody listens on addresses of the loopback network besides the first one.
    const servers = Array.from({ length: 200 }, (_, index) => ({ address: `127.0.1.${index + 1}`, port: 1, hostgroup: 1 }));
    const mysqlVariables = { ...PATIENT, threads: 1, event_hook: hook };
    const weir = await startWeir({ servers, users: [], pairs: [], mysqlVariables });
    const admin = await weir.connectAdmin();
    try {
      const down = "SELECT count(*) FROM monitor.weir_events WHERE kind = 'status' AND `from` = 'ONLINE' AND `to` = 'SHUNNED'";
      await until('200 events', async () => (await numberOf(admin, down)) === 200, 20_000);
      expect(await numberOf(admin, `${down} AND server LIKE '127.0.1.%:1' AND hostgroups = '1'`)).toBe(200);
      expect(await numberOf(admin, 'SELECT count(DISTINCT server) FROM monitor.weir_events')).toBe(200);
      const calls = (): string[] => readFileSync(path.join(directory, 'calls'), 'utf8').trimEnd().split('\n');
      await until('200 runs', () => existsSync(path.join(directory, 'calls')) && calls().length >= 200, 40_000);
      expect(new Set(calls())).toEqual(new Set(servers.map(({ address }) => `${address}:1 SHUNNED`)));
      // Pings go on, and find nothing new.
      await sleep(1_500);
      expect(await numberOf(admin, 'SELECT count(*) FROM monitor.weir_events')).toBe(200);
      expect(calls()).toHaveLength(200);
      expect(weir.logs.filter('server is left out')).toHaveLength(200);
      expect(weir.logs.filter('event hook failed')).toEqual([]);
    } finally {
      admin.destroy();
      await weir.kill();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { type ConnectionId, configVersion, connectionId, hostgroupId, serverKey } from '../../../src/base/ids.js';
import type { ConfigSnapshot, HostTable } from '../../../src/config/snapshot.js';
import { ConfigRefused } from '../../../src/link/config-push.js';
import { forkWorker } from '../../../src/link/fork-worker.js';
import { Supervisor } from '../../../src/link/supervisor.js';
import { type BoundListener, bindListener, type ListenAddress } from '../../../src/net/listener.js';
import { mergeStats } from '../../../src/stats/merge.js';

const script = new URL('./fake-worker.mjs', import.meta.url);
const log = pino({ level: 'silent' });

function snapshot(version: number, username = 'app'): ConfigSnapshot {
  const user = { username, password: '', defaultHostgroup: hostgroupId(1) };
  const server = { key: serverKey('db', 3306), maxConnections: 8 };
  return {
    version: configVersion(version),
    users: [user],
    servers: [server],
    variables: { maxConnections: 100 },
  } as unknown as ConfigSnapshot;
}
const hosts = (version: number): HostTable => ({ version, placements: [] }) as unknown as HostTable;

function ask(
  options: NetConnectOpts,
): Promise<{ worker: number; pid: number; version: number; hosts: number; quotas: Record<string, number> }> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => (text === '' ? reject(new Error('no answer')) : resolve(JSON.parse(text))));
    socket.on('error', reject);
  });
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function supervisor(workers: number, lives: string[] = []): Promise<Supervisor> {
  const made = new Supervisor({
    ...{ workers, fork: (worker) => forkWorker(script, worker), log, onFault: () => undefined },
    onWorkerDied: (worker, cause, restartInMs) => lives.push(`${worker} died: ${cause}, ${restartInMs > 0}`),
    onWorkerRuns: (worker) => lives.push(`${worker} runs`),
  });
  cleanups.push(() => made.stop(500));
  await made.start(snapshot(1), hosts(1));
  return made;
}

const anyPort: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

async function bind(address: ListenAddress = anyPort): Promise<BoundListener & { port: number }> {
  const listener = await bindListener(address);
  cleanups.push(() => listener.close());
  return { ...listener, port: Number(listener.address.split(':').at(-1)) };
}

async function eventually(check: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('Supervisor', () => {
  it('lets all workers accept from one socket, TCP and Unix', async () => {
    const made = await supervisor(2);
    const directory = mkdtempSync(join(tmpdir(), 'weir-link-'));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    const tcp = await bind();
    const unix = await bind({ kind: 'unix', path: join(directory, 'a.sock') });
    await made.listen(tcp);
    await made.listen(unix);
    expect(made.status().every((status) => status.running && status.accepting)).toBe(true);
    expect(await ask({ port: tcp.port, host: '127.0.0.1' })).toMatchObject({ version: 1, hosts: 1, quotas: { 'db:3306': 2 } });
    const pids = made.status().map((status) => status.pid);
    expect(pids).toContain((await ask({ path: unix.address })).pid);
  });

  it('restarts a worker that dies and gives it all that the others have', async () => {
    const lives: string[] = [];
    const made = await supervisor(1, lives);
    const tcp = await bind();
    await made.listen(tcp);
    await made.pushConfig(snapshot(2));
    made.pushHosts(hosts(9));
    const first = await ask({ port: tcp.port, host: '127.0.0.1' });
    await made.collectStats();
    process.kill(first.pid, 'SIGKILL');
    // Nobody is refused meanwhile: the socket stays bound and the connection waits.
    const second = await ask({ port: tcp.port, host: '127.0.0.1' });
    expect(second).toMatchObject({ version: 2, hosts: 9, quotas: { 'db:3306': 8 } });
    expect(second.pid).not.toBe(first.pid);
    const stats = mergeStats(await made.collectStats());
    expect(stats.counters['Questions']).toBe(20);
    expect(stats.users).toEqual({ app: 1 });
    expect(made.status()[0]!.restarts).toBe(1);
    expect(lives).toEqual(['0 runs', '0 died: signal SIGKILL, true', '0 runs']);
  });

  it('LOAD fails with what one worker refuses, and all go on with the one before', async () => {
    const made = await supervisor(2);
    const tcp = await bind();
    await made.listen(tcp);
    await expect(made.pushConfig(snapshot(2, 'refused-by-1'))).rejects.toThrow(ConfigRefused);
    await expect(made.pushConfig(snapshot(2, 'refused-by-1'))).rejects.toThrow('worker 1 refused configuration 2: unknown user');
    await eventually(async () => (await ask({ port: tcp.port, host: '127.0.0.1' })).version === 1, 1000);
    await made.pushConfig(snapshot(3));
    for (let i = 0; i < 10; i++) expect((await ask({ port: tcp.port, host: '127.0.0.1' })).version).toBe(3);
  });

  it('a worker that dies of a configuration does not hold up the push and gets it again', async () => {
    const made = await supervisor(2);
    await made.pushConfig(snapshot(2, 'kills-1'));
    await eventually(() => made.status()[1]!.restarts >= 1, 2000);
    await made.pushConfig(snapshot(3));
    await eventually(() => made.status().every((status) => status.running), 3000);
  });

  it('finds the worker of a connection to kill', async () => {
    const made = await supervisor(2);
    const kill = (connection: ConnectionId) => made.kill({ target: { connection }, queryOnly: false, username: 'app' });
    expect(await kill(connectionId(5, 1))).toBe(1);
    expect(await kill(connectionId(6, 1))).toBe('unknown');
    expect(await kill(connectionId(7, 1))).toBe('denied');
    expect(await kill(connectionId(5, 9))).toBe('unknown');
  });

  it('sums up what all workers have killed of a user', async () => {
    const made = await supervisor(3);
    const target = { user: 'app', host: null, asker: connectionId(1, 0) };
    expect(await made.kill({ target, queryOnly: false, username: null })).toBe(1 + 2 + 3);
  });

  it('start fails when a worker refuses', async () => {
    const made = new Supervisor({
      workers: 2,
      fork: (worker) => forkWorker(script, worker),
      log,
      onFault: () => undefined,
      onWorkerDied: () => undefined,
    });
    cleanups.push(() => made.stop(100));
    await expect(made.start(snapshot(1, 'refused-by-0'), hosts(1))).rejects.toThrow('worker 0 refused the configuration: unknown user');
  });

  it('start fails when a worker dies', async () => {
    const made = new Supervisor({
      workers: 1,
      fork: (worker) => forkWorker(script, worker),
      log,
      onFault: () => undefined,
      onWorkerDied: () => undefined,
    });
    cleanups.push(() => made.stop(100));
    await expect(made.start(snapshot(1, 'kills-0'), hosts(1))).rejects.toThrow('worker 0 ended while starting: exit code 7');
  });

  it('stops all workers', async () => {
    const made = await supervisor(2);
    await made.stop(500);
    expect(made.status().map((status) => status.running)).toEqual([false, false]);
  });
});

describe('stop', () => {
  it('kills a worker that does not go by itself', async () => {
    const made = await supervisor(1);
    await made.pushConfig(snapshot(2, 'stubborn'));
    const begun = Date.now();
    await made.stop(100);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1_000);
    expect(made.status()[0]!.pid).toBeUndefined();
  });
});

describe('bindListener', () => {
  it('names an address that is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    cleanups.push(() => taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    await expect(bindListener({ kind: 'tcp', host: '127.0.0.1', port })).rejects.toThrow(
      `can not listen on 127.0.0.1:${port}: the address is in use by another process (EADDRINUSE)`,
    );
  });

  it('replaces a stale Unix socket, not one that is served', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'weir-link-'));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'weir.sock');
    const served = createServer().listen(path);
    await new Promise((resolve) => served.once('listening', resolve));
    await expect(bindListener({ kind: 'unix', path })).rejects.toThrow('EADDRINUSE');
    await new Promise((resolve) => served.close(resolve));
    const bound = await bindListener({ kind: 'unix', path });
    bound.close();
  });

  it('names a host that does not resolve', async () => {
    await expect(bindListener({ kind: 'tcp', host: 'no-such-host.invalid', port: 1 })).rejects.toThrow(
      'can not listen on no-such-host.invalid:1',
    );
  });
});

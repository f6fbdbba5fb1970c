import { readFileSync } from 'node:fs';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FaultRelay, startFaultRelay } from '../support/fault-relay.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, readServer, sleep, until, WITNESS_TABLE, writeServer, writeWitness } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

describeEachFlavour('deaths and restarts of processes', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute(WITNESS_TABLE);
    weir = await startWeir({ cluster, mysqlVariables: { shun_recovery_time_sec: 1 } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  /** Connections until each worker has one; the low byte of a connection's number is its worker. */
  async function onePerWorker(): Promise<[Connection, Connection]> {
    const found = new Map<number, Connection>();
    const surplus: Connection[] = [];
    // Side by side and kept until the end: one after the other, the kernel may give all of them to the same worker.
    for (let turn = 0; found.size < 2; turn++) {
      if (turn === 20) throw new Error('all of 320 connections came to the same worker');
      for (const connection of await Promise.all(Array.from({ length: 16 }, () => weir.connect()))) {
        const worker = connection.threadId & 0xff;
        if (found.has(worker)) surplus.push(connection);
        else found.set(worker, connection);
      }
    }
    for (const connection of surplus) connection.destroy();
    return [found.get(0)!, found.get(1)!];
  }

  it('lets a client live through a restart of the primary', async () => {
    const connection = await weir.connect();
    await writeServer(connection, 'before restart');
    const { threadId } = connection;
    const [succeeded, failed] = [[] as string[], [] as string[]];
    const restart = cluster.primary.restart();
    let isUp = false;
    void restart.then(() => {
      isUp = true;
    });
    for (let turn = 0; !isUp; turn++) {
      const note = `restart ${turn}`;
      await writeWitness(connection, note).then(
        () => succeeded.push(note),
        (error: { fatal?: boolean; message: string }) => {
          expect(error.fatal ?? false, error.message).toBe(false);
          failed.push(note);
        },
      );
      await sleep(20);
    }
    await restart;
    await until('writes', async () => (await writeServer(connection, 'after restart')) === cluster.primary.serverId, 15_000);
    expect(connection.threadId).toBe(threadId);
    const notes = await withRoot(cluster.primary, async (root) => {
      const [rows] = await root.query("SELECT note, COUNT(*) AS times FROM app.witness WHERE note LIKE 'restart %' GROUP BY note");
      return new Map((rows as { note: string; times: number }[]).map(({ note, times }) => [note, Number(times)]));
    });
    for (const note of succeeded) expect(notes.get(note), note).toBe(1);
    for (const note of failed) expect(notes.get(note) ?? 0, note).toBeLessThanOrEqual(1);
    connection.destroy();
  });

  it('tells a transaction that its server was killed, once', async () => {
    const connection = await weir.connect();
    await connection.beginTransaction();
    await writeWitness(connection, 'lost with the server');
    await cluster.primary.kill('SIGKILL');
    await expect(writeWitness(connection, 'second of the lost')).rejects.toMatchObject({ errno: 1213, sqlState: '40001' });
    await cluster.primary.restart();
    await until('writes', async () => (await writeServer(connection, 'after the kill')) === cluster.primary.serverId, 15_000);
    expect(await numberOf(connection, "SELECT COUNT(*) FROM witness WHERE note LIKE '%the lost' OR note LIKE 'lost %'")).toBe(0);
    connection.destroy();
  });

  it('brings a killed worker back within two seconds while the other goes on', async () => {
    const ready = async () => (await fetch(`http://127.0.0.1:${weir.httpPort}/readyz`)).ok;
    await until('weir being ready', ready);
    const [victims, survivor] = await onePerWorker();
    await survivor.beginTransaction();
    await writeWitness(survivor, 'survivor');
    const lost = new Promise((resolve) => victims.once('error', resolve));
    const [pid] = childrenOf(weir.pid).filter((child) => /worker\.js\0+0(\0|$)/.test(readFileSync(`/proc/${child}/cmdline`, 'latin1')));
    process.kill(pid!, 'SIGKILL');
    const killedAt = Date.now();
    await lost;
    await writeWitness(survivor, 'survivor again');
    await until('the health check', ready, 2000);
    const [again, other] = await onePerWorker();
    expect(Date.now() - killedAt).toBeLessThan(2000);
    expect(await readServer(again)).toBe(cluster.replicas[0]!.serverId);
    expect(await writeServer(again, 'by the new worker')).toBe(cluster.primary.serverId);
    await survivor.commit();
    expect(await numberOf(other, "SELECT COUNT(*) FROM witness WHERE note LIKE 'survivor%' FOR UPDATE")).toBe(2);
    for (const connection of [survivor, again, other]) connection.destroy();
  });

  it('drains after SIGTERM: an open transaction ends as it wants', async () => {
    const busy = await weir.connect();
    const idle = await weir.connect();
    const idleEnded = new Promise((resolve) => idle.once('error', resolve));
    await readServer(idle);
    await busy.beginTransaction();
    await writeWitness(busy, 'before the drain');
    weir.signal('SIGTERM');
    await idleEnded;
    // The other worker hears of it a moment later.
    await until('no more clients', () =>
      weir.connect().then(
        (late) => {
          late.destroy();
          return false;
        },
        () => true,
      ),
    );
    await sleep(300);
    await writeWitness(busy, 'during the drain');
    await busy.commit();
    const exit = await weir.exited;
    expect(exit).toEqual({ code: 0, signal: null });
    const count = "SELECT COUNT(*) FROM app.witness WHERE note LIKE '% the drain'";
    expect(await withRoot(cluster.primary, (root) => numberOf(root, count))).toBe(2);
    busy.destroy();
  });
});

describeEachFlavour('a server that accepts and says nothing', (flavour) => {
  let cluster: Cluster;
  let silent: FaultRelay;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    silent = await startFaultRelay({ host: '127.0.0.1', port: cluster.replicas[0]!.port }, { kind: 'drop' });
  });
  afterAll(async () => {
    await silent?.stop();
    await cluster?.stop();
  });

  it('costs a read no more than the connect timeout', async () => {
    const weir = await startWeir({
      servers: [
        { address: '127.0.0.1', port: cluster.primary.port, hostgroup: 0 },
        { address: '127.0.0.1', port: silent.port, hostgroup: 1, more: { weight: 1_000_000 } },
        { address: '127.0.0.1', port: cluster.replicas[0]!.port, hostgroup: 1, more: { weight: 1 } },
      ],
      mysqlVariables: { monitor_enabled: false, connect_timeout_server: 400, threads: 1 },
    });
    try {
      const connection = await weir.connect();
      const begun = Date.now();
      expect(await readServer(connection)).toBe(cluster.replicas[0]!.serverId);
      expect(Date.now() - begun).toBeLessThan(2000);
      connection.destroy();
    } finally {
      await weir.kill();
    }
  });

  it('is told of with its name when nobody else is there', async () => {
    const weir = await startWeir({
      servers: [{ address: '127.0.0.1', port: silent.port, hostgroup: 0 }],
      pairs: [],
      mysqlVariables: { monitor_enabled: false, connect_timeout_server: 300, connect_timeout_server_max: 1000, threads: 1 },
    });
    try {
      const begun = Date.now();
      const failure = await weir.connect({ database: '' }).then(
        (connection) => readServer(connection).catch((error: Error) => error),
        (error: Error) => error,
      );
      expect(failure).toMatchObject({ errno: 9001, message: expect.stringContaining(`127.0.0.1:${silent.port}`) });
      expect(Date.now() - begun).toBeLessThan(3000);
    } finally {
      await weir.kill();
    }
  });
});

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

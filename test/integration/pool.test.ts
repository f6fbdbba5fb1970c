import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, readServer, sleep, until, WITNESS_TABLE, writeServer } from '../support/statements.js';
import { type RunningWeir, startWeir, type WeirOptions } from '../support/weir.js';

describeEachFlavour('pool', (flavour) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute(WITNESS_TABLE);
  });
  afterAll(() => cluster?.stop());

  async function withWeir(options: WeirOptions, work: (weir: RunningWeir) => Promise<void>): Promise<void> {
    const weir = await startWeir(options);
    try {
      await work(weir);
    } finally {
      await weir.kill();
    }
  }

  async function withClients(weir: RunningWeir, count: number, work: (clients: readonly Connection[]) => Promise<void>): Promise<void> {
    const clients = await Promise.all(Array.from({ length: count }, () => weir.connect()));
    try {
      await work(clients);
    } finally {
      for (const client of clients) client.destroy();
    }
  }

  /** The rows of mysql_servers: the primary, and both replicas with further columns. */
  function serversWith(...more: readonly Record<string, string | number>[]) {
    return cluster.servers.map((server, index) => ({
      address: server.host,
      port: server.port,
      hostgroup: index === 0 ? 0 : 1,
      more: more[index] ?? {},
    }));
  }

  /** How many answers of `count` reads came from each server, by its id. */
  async function spread(connection: Connection, count: number): Promise<Map<number, number>> {
    const reads = new Map<number, number>();
    for (let turn = 0; turn < count; turn++) {
      const server = await readServer(connection);
      reads.set(server, (reads.get(server) ?? 0) + 1);
    }
    return reads;
  }

  const appConnections = (index: number): Promise<number> =>
    withRoot(cluster.servers[index]!, (root) =>
      numberOf(root, `SELECT COUNT(*) FROM information_schema.processlist WHERE user = '${APP.username}'`),
    );

  it('never opens more than max_connections over all workers', async () => {
    await withWeir({ servers: serversWith({ max_connections: 5 }, { max_connections: 4 }, { max_connections: 4 }) }, async (weir) => {
      await withClients(weir, 40, async (clients) => {
        let highest = 0;
        let isBusy = true;
        const count = async (index: number): Promise<number> => (await appConnections(index)) - (index === 0 ? 1 : 0);
        const watch = (async () => {
          while (isBusy) {
            for (const index of [0, 1]) {
              let counted = await count(index);
              // A busy server has not noticed yet that weir has closed one.
              for (let look = 0; look < 10 && counted > 4; look++) {
                await sleep(50);
                counted = Math.min(counted, await count(index));
              }
              highest = Math.max(highest, counted);
            }
            await sleep(10);
          }
        })();
        const work = clients.map(async (client, index) => {
          for (let turn = 0; turn < 4; turn++) {
            await numberOf(client, 'SELECT @@server_id + SLEEP(0.02)');
            await writeServer(client, `busy ${index} ${turn}`);
          }
        });
        await Promise.all(work);
        isBusy = false;
        await watch;
        expect(highest).toBeGreaterThan(1);
        expect(highest).toBeLessThanOrEqual(4);
      });
    });
  });

  it('answers 9001 with hostgroup, server and cause after a bounded wait, and serves the next', async () => {
    const options = { servers: serversWith({ max_connections: 1 }), mysqlVariables: { connect_timeout_server_max: 600, threads: 1 } };
    await withWeir(options, async (weir) => {
      await withClients(weir, 2, async ([holder, waiter]) => {
        await holder!.beginTransaction();
        await holder!.query("INSERT INTO witness (note, server) VALUES ('held', 1)");
        const begun = Date.now();
        const failure = await waiter!.query("INSERT INTO witness (note, server) VALUES ('waits', 1)").catch((error: Error) => error);
        const tookMs = Date.now() - begun;
        expect(failure).toMatchObject({ errno: 9001 });
        const { message } = failure as Error;
        expect(message).toMatch(/hostgroup 0\b/);
        expect(message).toContain(`127.0.0.1:${cluster.primary.port}`);
        expect(message).toMatch(/max_connections/);
        expect(tookMs).toBeGreaterThanOrEqual(590);
        expect(tookMs).toBeLessThan(1500);
        const soon = writeServer(waiter!, 'served at last');
        await holder!.commit();
        expect(await soon).toBe(cluster.primary.serverId);
      });
    });
  });

  it('spreads reads by weight', async () => {
    await withWeir({ servers: serversWith({}, { weight: 300 }, { weight: 100 }) }, async (weir) => {
      await withClients(weir, 1, async ([client]) => {
        const reads = await spread(client!, 400);
        const [, first, second] = cluster.servers.map((server) => reads.get(server.serverId) ?? 0);
        expect(first! + second!).toBe(400);
        expect(first).toBeGreaterThan(240);
        expect(first).toBeLessThan(360);
      });
    });
  });

  it('gives nothing to a replica that is OFFLINE_SOFT', async () => {
    await withWeir({ servers: serversWith({}, { status: 'OFFLINE_SOFT' }) }, async (weir) => {
      await withClients(weir, 4, async (clients) => {
        for (const client of clients) expect([...(await spread(client, 20)).keys()]).toEqual([cluster.replicas[1]!.serverId]);
      });
      expect(await appConnections(1)).toBe(0);
    });
  });

  it('closes idle connections beyond free_connections_pct', async () => {
    await withWeir(
      { servers: serversWith({ max_connections: 100 }), mysqlVariables: { free_connections_pct: 1, threads: 1 } },
      async (weir) => {
        // Logging in with a schema already opens connections: what was there before counts.
        const base = await appConnections(0);
        await withClients(weir, 20, async (clients) => {
          await Promise.all(clients.map((client) => client.query('SELECT SLEEP(0.2) FROM (SELECT 1 AS one) AS t FOR UPDATE')));
          expect((await appConnections(0)) - base).toBeGreaterThanOrEqual(10);
          await until('idle connections going', async () => (await appConnections(0)) - base <= 2, 12_000);
        });
      },
    );
  });

  it('closes connections beyond their greatest age', async () => {
    await withWeir({ cluster, mysqlVariables: { connection_max_age_ms: 1000, threads: 1 } }, async (weir) => {
      await withClients(weir, 1, async ([client]) => {
        const idOf = () => numberOf(client!, 'SELECT trx.id FROM (SELECT CONNECTION_ID() AS id) AS trx FOR UPDATE');
        await idOf();
        expect(await appConnections(0)).toBeGreaterThan(0);
        await until('old connections going', async () => (await appConnections(0)) === 0, 6000);
      });
    });
  });

  it('reaches a server by its Unix socket', async () => {
    const servers = cluster.servers.map((server, index) => ({ address: server.socketPath, port: 0, hostgroup: index === 0 ? 0 : 1 }));
    await withWeir({ servers }, async (weir) => {
      await withClients(weir, 1, async ([client]) => {
        expect(await writeServer(client!, 'by socket')).toBe(cluster.primary.serverId);
        expect(await readServer(client!)).toBeGreaterThan(cluster.primary.serverId);
        const where = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app' AND host = 'localhost'";
        expect(await withRoot(cluster.primary, (root) => numberOf(root, where))).toBeGreaterThan(0);
      });
    });
  });

  it('lets the writer read while no reader is online, and only then', async () => {
    await withWeir({ cluster, mysqlVariables: { shun_recovery_time_sec: 1 } }, async (weir) => {
      await withClients(weir, 1, async ([client]) => {
        expect(await readServer(client!)).toBeGreaterThan(cluster.primary.serverId);
        for (const replica of cluster.replicas) await replica.shutdown();
        for (let turn = 0; turn < 5; turn++) expect(await readServer(client!)).toBe(cluster.primary.serverId);
        await Promise.all(cluster.replicas.map((replica) => replica.restart()));
        await until('reads on a replica', async () => (await readServer(client!)) > cluster.primary.serverId, 10_000);
      });
    });
  });

  it('leaves reads without an answer when the fallback is off', async () => {
    const mysqlVariables = { reader_fallback_to_writer: false, connect_timeout_server_max: 500 };
    const servers = serversWith({}, { status: 'OFFLINE_SOFT' }, { status: 'OFFLINE_SOFT' });
    await withWeir({ servers, mysqlVariables }, async (weir) => {
      await withClients(weir, 1, async ([client]) => {
        await expect(readServer(client!)).rejects.toMatchObject({ errno: 9001, message: expect.stringContaining('OFFLINE_SOFT') });
      });
    });
  });
});

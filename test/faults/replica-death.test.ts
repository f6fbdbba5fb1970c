import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, sleep, until, WITNESS_TABLE } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { WitnessLoad } from '../support/witness-load.js';

describeEachFlavour('death of a replica under load', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute(WITNESS_TABLE, "INSERT INTO app.witness (note, server) VALUES ('first', 1), ('second', 1)");
    weir = await startWeir({ cluster, mysqlVariables: { shun_recovery_time_sec: 1 } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  it('is noticed by no client, and the replica serves again after its return', async () => {
    const [first, second] = cluster.replicas as [Cluster['primary'], Cluster['primary']];
    const load = await WitnessLoad.start(weir, { clients: 8, writeEvery: 10, readers: [first.serverId, second.serverId] });
    try {
      await until('reads on both replicas', () => load.reads(first.serverId) > 50 && load.reads(second.serverId) > 50);
      await first.kill('SIGKILL');
      const atDeath = load.reads(second.serverId);
      await sleep(1500);
      expect(load.reads(second.serverId)).toBeGreaterThan(atDeath + 50);
      const gone = load.reads(first.serverId);
      await first.restart();
      await until('the replica serving again', () => load.reads(first.serverId) > gone + 50, 15_000);
    } finally {
      await load.stop();
    }
    expect(load.errors).toEqual([]);
    expect(load.misplaced).toEqual([]);
    expect(load.written).toBeGreaterThan(50);
    await cluster.waitInSync();
    for (const server of cluster.servers) {
      const count = (condition: string) =>
        withRoot(server, (connection) => numberOf(connection, `SELECT COUNT(*) FROM app.witness WHERE ${condition}`));
      expect(await count("note LIKE 'load %'")).toBe(load.written);
      expect(await count(`server <> ${cluster.primary.serverId}`)).toBe(0);
    }
  });

  it('of all of them leaves the reads to the primary until one is back', async () => {
    const connection = await weir.connect();
    for (const replica of cluster.replicas) await replica.kill('SIGKILL');
    for (let turn = 0; turn < 20; turn++) {
      expect(await numberOf(connection, 'SELECT @@server_id')).toBe(cluster.primary.serverId);
    }
    const back = cluster.replicas[1]!;
    await back.restart();
    await until('the replica serving again', async () => (await numberOf(connection, 'SELECT @@server_id')) === back.serverId, 15_000);
    connection.destroy();
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

describeEachFlavour('KILL by the numbers that clients know', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    weir = await startWeir({ cluster });
  }, 60_000);
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  it('ends a statement, and the client goes on', async () => {
    const victim = await weir.connect();
    const killer = await weir.connect();
    const sleeping = victim.query("SELECT SLEEP(20), 'long' FROM DUAL FOR UPDATE").then(
      ([rows]) => rows,
      (error: { errno: number }) => error.errno,
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    await killer.query(`KILL QUERY ${victim.threadId}`);
    const outcome = await sleeping;
    // A server interrupts SLEEP with a 1 in its row, or the statement with 1317.
    expect(outcome === 1317 || Array.isArray(outcome)).toBe(true);
    const [[row]] = (await victim.query('SELECT 1 AS one')) as unknown as [[{ one: number }]];
    expect(row.one).toBe(1);
    await victim.end();
    await killer.end();
  });

  it('ends a connection, sent or prepared; refuses an unknown number', async () => {
    const victim = await weir.connect();
    const killer = await weir.connect();
    const ended = new Promise((resolve) => (victim as unknown as { connection: NodeJS.EventEmitter }).connection.once('error', resolve));
    await killer.query(`KILL ${victim.threadId}`);
    await ended;
    await expect(killer.query('KILL 16777000')).rejects.toMatchObject({ errno: 1094 });
    await expect(killer.execute('KILL 16777000')).rejects.toMatchObject({ errno: 1094 });
    await killer.end();
  });
});

import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Account, createAccount } from '../support/servers/accounts.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, ROOT, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

/** Takes PROCESS ON *.*, which a server looks up when a connection logs in; on the primary, and on whichever replica is asked. */
const ON_PRIMARY = 'SHOW ENGINE INNODB STATUS';
const ON_REPLICA = 'SELECT COUNT(*) FROM information_schema.INNODB_TRX';
const SESSIONS = 6;
const KEEPER: Account = { username: 'keeper', password: 'keeper' };

describeEachFlavour('privileges that change', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute(createAccount(flavour, KEEPER));
    weir = await startWeir({ cluster, users: [ROOT, KEEPER].map((user) => ({ ...user, hostgroup: 0 })) });
  }, 60_000);
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  const connectAs = ({ username, password }: Account): Promise<Connection> => weir.connect({ user: username, password, database: '' });
  const errnoOf = (connection: Connection, text: string): Promise<number> =>
    connection.query(text).then(
      () => 0,
      ({ errno }: { errno: number }) => errno,
    );

  /** What new sessions of the account are answered, in both workers; without repetitions. */
  async function answersOfNewSessions(text: string): Promise<number[]> {
    const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => connectAs(KEEPER)));
    const answers = await Promise.all(sessions.map((session) => errnoOf(session, text)));
    for (const session of sessions) await session.end();
    return [...new Set(answers)];
  }

  it('hold for the sessions that begin after the GRANT or REVOKE, wherever they run', async () => {
    const root = await connectAs(ROOT);
    // Connections of the account to both servers are in the pools of both workers.
    for (const text of [ON_PRIMARY, ON_REPLICA, 'SELECT 1']) await answersOfNewSessions(text);
    for (const turn of [1, 2]) {
      expect(await answersOfNewSessions(ON_PRIMARY), `before, ${turn}`).toEqual([1227]);
      await root.query(`GRANT PROCESS ON *.* TO keeper`);
      expect(await answersOfNewSessions(ON_PRIMARY), `granted, ${turn}`).toEqual([0]);
      expect(await answersOfNewSessions(ON_REPLICA), `granted, on a replica, ${turn}`).toEqual([0]);
      await root.query(`REVOKE PROCESS ON *.* FROM keeper`);
    }
    expect(await answersOfNewSessions(ON_PRIMARY), 'in the end').toEqual([1227]);
    await root.end();
  });
});

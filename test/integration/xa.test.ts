import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, ROOT, startCluster } from '../support/servers/index.js';
import { numberOf, rowsOf } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

describeEachFlavour('XA transactions', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let client: Connection;
  let other: Connection;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute('CREATE TABLE app.branches (id INT PRIMARY KEY)');
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1 } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });
  beforeEach(async () => {
    // XA RECOVER needs a privilege on MySQL.
    [client, other] = [await weir.connect(ROOT_IN_APP), await weir.connect(ROOT_IN_APP)];
    await other.query('SET SESSION innodb_lock_wait_timeout = 2');
  });
  afterEach(() => {
    client?.destroy();
    other?.destroy();
  });

  const ROOT_IN_APP = { user: ROOT.username, password: ROOT.password };
  const isPinned = async (): Promise<boolean> => (await numberOf(client, 'SELECT @@server_id, @none')) === cluster.primary.serverId;

  async function begin(id: number, ...more: readonly string[]): Promise<void> {
    for (const sql of [`XA START 'x${id}'`, `INSERT INTO branches VALUES (${id})`, ...more]) await client.query(sql);
  }

  async function recovered(): Promise<string[]> {
    return (await rowsOf(other, 'XA RECOVER')).map(({ data }) => String(data));
  }

  /** Waits for the server to have noticed. */
  async function until(isSo: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 15_000; !(await isSo()); ) {
      if (Date.now() > end) throw new Error('it did not come to be within 15 s');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('can be ended by another session when their own has prepared them and gone', async () => {
    await begin(1, "XA END 'x1'", "XA PREPARE 'x1'");
    client.destroy();
    await until(
      async () =>
        (await recovered()).includes('x1') &&
        (await other.query("XA COMMIT 'x1'").then(
          () => true,
          () => false,
        )),
    );
    expect(await recovered()).toEqual([]);
    expect(await numberOf(other, 'SELECT COUNT(*) FROM branches WHERE id = 1 FOR UPDATE')).toBe(1);
    await other.query('DELETE FROM branches');
  });

  it.each([[[]], [["XA END 'x2'"]]])('that are not prepared are rolled back with their client (%j)', async (more) => {
    await begin(2, ...more);
    client.destroy();
    await until(() =>
      other.query('INSERT INTO branches VALUES (2)').then(
        () => true,
        () => false,
      ),
    );
    expect(await recovered()).toEqual([]);
    await other.query('DELETE FROM branches');
  });

  it('survive the reset of a session that has prepared them', async () => {
    await begin(3, "XA END 'x3'", "XA PREPARE 'x3'");
    await client.reset();
    await client.query('SELECT * FROM branches FOR UPDATE SKIP LOCKED').catch(() => {});
    await until(() =>
      other.query("XA ROLLBACK 'x3'").then(
        () => true,
        () => false,
      ),
    );
    expect(await numberOf(client, 'SELECT COUNT(*) FROM branches FOR UPDATE')).toBe(0);
  });

  it('keep their connection until they have ended, and no longer', async () => {
    expect(await isPinned()).toBe(false);
    await client.query('XA RECOVER');
    expect(await isPinned()).toBe(false);
    await expect(client.query("XA COMMIT 'nowhere'")).rejects.toMatchObject({ errno: 1397 });
    expect(await isPinned()).toBe(false);
    await begin(4);
    expect(await isPinned()).toBe(true);
    await client.query("XA END 'x4'");
    expect(await isPinned()).toBe(true);
    await client.query("XA ROLLBACK 'x4'");
    expect(await isPinned()).toBe(false);
  });
});

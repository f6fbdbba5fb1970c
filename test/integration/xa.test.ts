import type { Connection } from 'mysql2/promise';
import { beforeEach, expect, it } from 'vitest';
import { Bed } from '../support/bed.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { ROOT } from '../support/servers/index.js';
import { numberOf, rowsOf, until } from '../support/statements.js';

/** XA RECOVER needs a privilege on MySQL. */
const ROOT_IN_APP = { user: ROOT.username, password: ROOT.password };

describeEachFlavour('XA transactions', (flavour) => {
  const bed = new Bed(flavour, { schema: ['CREATE TABLE app.branches (id INT PRIMARY KEY)'] });
  let client: Connection;
  let other: Connection;

  beforeEach(async () => {
    [client, other] = [await bed.connect(ROOT_IN_APP), await bed.connect(ROOT_IN_APP)];
    await other.query('SET SESSION innodb_lock_wait_timeout = 2');
  });

  const isPinned = async (): Promise<boolean> => (await numberOf(client, 'SELECT @@server_id, @none')) === bed.cluster.primary.serverId;

  async function begin(id: number, ...more: readonly string[]): Promise<void> {
    for (const sql of [`XA START 'x${id}'`, `INSERT INTO branches VALUES (${id})`, ...more]) await client.query(sql);
  }

  async function recovered(): Promise<string[]> {
    return (await rowsOf(other, 'XA RECOVER')).map(({ data }) => String(data));
  }

  /** Tries a statement until the server has noticed what makes it possible. */
  const untilDone = (sql: string): Promise<void> => until(sql, async () => (await other.query(sql)) !== null, 15_000);

  it('can be ended by another session when their own has prepared them and gone', async () => {
    await begin(1, "XA END 'x1'", "XA PREPARE 'x1'");
    client.destroy();
    await untilDone("XA COMMIT 'x1'");
    expect(await recovered()).toEqual([]);
    expect(await numberOf(other, 'SELECT COUNT(*) FROM branches WHERE id = 1 FOR UPDATE')).toBe(1);
    await other.query('DELETE FROM branches');
  });

  it.each([[[]], [["XA END 'x2'"]]])('that are not prepared are rolled back with their client (%j)', async (more) => {
    await begin(2, ...more);
    client.destroy();
    await untilDone('INSERT INTO branches VALUES (2)');
    expect(await recovered()).toEqual([]);
    await other.query('DELETE FROM branches');
  });

  it('survive the reset of a session that has prepared them', async () => {
    await begin(3, "XA END 'x3'", "XA PREPARE 'x3'");
    await client.reset();
    await client.query('SELECT * FROM branches FOR UPDATE SKIP LOCKED').catch(() => {});
    await untilDone("XA ROLLBACK 'x3'");
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

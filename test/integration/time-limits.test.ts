import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Capability } from '../../src/protocol/constants.js';
import { Bed } from '../support/bed.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { numberOf } from '../support/statements.js';
import { errorOf, WireClient } from '../support/wire-client.js';

const TOO_LONG = 9108;
const INACTIVE = 4031;

describeEachFlavour('limits in time', (flavour) => {
  const bed = new Bed(flavour, { replicas: 0, schema: ['CREATE TABLE app.locked (id INT PRIMARY KEY)'] });
  let admin: Connection;

  beforeAll(async () => {
    admin = await bed.weir.connectAdmin();
  });
  afterAll(() => admin?.destroy());
  afterEach(() => set({ wait_timeout: 28_800_000, max_transaction_time: 14_400_000, max_transaction_idle_time: 14_400_000 }));

  async function set(values: Readonly<Record<string, number>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) await admin.query(`SET mysql-${name}=${value}`);
    await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
  }

  /** A client that has asked this; what it gets without asking until its connection ends, as error numbers. */
  async function endOf(port: number, statements: readonly string[], capabilities = 0): Promise<number[]> {
    const client = await WireClient.login(port, { schema: 'app', capabilities, timeoutMs: 15_000 });
    for (const sql of statements) expect(errorOf(await client.query(sql)), sql).toMatchObject({ errno: 0 });
    const packets = await client.untilClosed();
    client.destroy();
    return packets.map((packet) => errorOf([packet]).errno);
  }

  /** What a server of the flavour does with an idle client: MySQL from 8.0.24 on tells it, MariaDB just closes. */
  const told = (errno: number): number[] => (flavour === 'mysql' ? [errno] : []);

  it.each([
    ['wait_timeout', ['SET SESSION wait_timeout = 1'], 0],
    ['wait_timeout in a transaction', ['SET LOCAL wait_timeout = 1', 'BEGIN', 'INSERT INTO locked VALUES (1)'], 0],
    ['wait_timeout of an interactive client', ['SET wait_timeout = 1'], Capability.interactive],
  ])('end a client by its own %s as a server does', async (_, statements, capabilities) => {
    const [straight, through] = await Promise.all([
      endOf(
        bed.cluster.primary.port,
        statements.filter((sql) => !sql.startsWith('INSERT')),
        capabilities,
      ),
      endOf(bed.weir.port, statements, capabilities),
    ]);
    expect(straight).toEqual(told(INACTIVE));
    expect(through).toEqual(straight);
  });

  it('leave interactive_timeout and a session that was reset alone', async () => {
    const client = await bed.weir.connect();
    await client.query('SET SESSION interactive_timeout = 1');
    const other = await bed.weir.connect();
    await other.query('SET SESSION wait_timeout = 1');
    await other.reset();
    // Longer than the second in which another client ends.
    expect(await endOf(bed.weir.port, ['SET SESSION wait_timeout = 3'])).toEqual(told(INACTIVE));
    expect(await numberOf(client, 'SELECT 1')).toBe(1);
    expect(await numberOf(other, 'SELECT 2')).toBe(2);
    client.destroy();
    other.destroy();
  });

  it('end idle clients by mysql-wait_timeout', async () => {
    await set({ wait_timeout: 1000 });
    expect(await endOf(bed.weir.port, ['SELECT 1'])).toEqual(told(INACTIVE));
  });

  it('end idle transactions, whose locks are free then', async () => {
    await set({ max_transaction_idle_time: 1000 });
    expect(await endOf(bed.weir.port, ['BEGIN', 'INSERT INTO locked VALUES (2)'])).toEqual(told(TOO_LONG));
    const client = await bed.weir.connect();
    await client.query('INSERT INTO locked VALUES (2)');
    await client.query('DELETE FROM locked');
    client.destroy();
  });

  it('end long transactions, and nothing that is short', async () => {
    await set({ max_transaction_time: 2000 });
    const busy = await bed.weir.connect();
    const short = (async () => {
      for (const end = Date.now() + 4500; Date.now() < end; ) {
        await busy.query('BEGIN');
        await busy.query('SELECT SLEEP(0.1)');
        await busy.query('COMMIT AND CHAIN');
        await busy.query('SELECT SLEEP(0.1)');
        await busy.query('COMMIT');
      }
    })();
    // Awaited later.
    short.catch(() => {});
    const long = await bed.weir.connect();
    await long.query('BEGIN');
    await long.query('INSERT INTO locked VALUES (3)');
    await expect(long.query('SELECT SLEEP(20)')).rejects.toMatchObject({ errno: TOO_LONG, message: expect.stringContaining('2000 ms') });
    await expect(long.query('SELECT 1')).rejects.toThrow();
    await short;
    await busy.query('INSERT INTO locked VALUES (3)');
    await bed.weir.waitForLog(({ msg }) => msg === 'transaction took too long: the client is disconnected');
    busy.destroy();
  });
});

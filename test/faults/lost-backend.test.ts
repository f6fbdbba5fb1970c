import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type FaultRelay, startFaultRelay } from '../support/fault-relay.js';
import { RelayedBed } from '../support/relayed-bed.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import type { Cluster } from '../support/servers/index.js';
import { numberOf, readServer, sleep, until, writeServer, writeWitness } from '../support/statements.js';
import type { RunningWeir } from '../support/weir.js';

describeEachFlavour('a backend lost in the middle of a statement', (flavour) => {
  let bed: RelayedBed<FaultRelay>;
  let cluster: Cluster;
  let primary: FaultRelay;
  let replica: FaultRelay;
  let weir: RunningWeir;
  let connection: Connection;

  beforeAll(async () => {
    bed = await RelayedBed.start({
      flavour,
      relayTo: startFaultRelay,
      // The monitor looks once, at the start: what follows is what the workers do by themselves.
      mysqlVariables: { monitor_ping_interval: 600_000, monitor_read_only_interval: 600_000 },
    });
    ({ cluster, primary, replica, weir } = bed);
  }, 60_000);
  afterAll(() => bed?.stop());
  beforeEach(async () => {
    connection = await bed.connect();
  });
  afterEach(() => {
    connection?.destroy();
    primary.setMode({ kind: 'pass' });
    replica.setMode({ kind: 'pass' });
  });

  for (const how of ['reset', 'close'] as const) {
    it(`sends a read to another server when the statement did not arrive (${how})`, async () => {
      replica.setMode({ kind: 'cut', direction: 'to-server', afterBytes: 6, how });
      expect(await readServer(connection)).toBe(cluster.replicas[1]!.serverId);
    });

    it(`sends a read to another server when its reply was lost (${how})`, async () => {
      replica.setMode({ kind: 'cut', direction: 'to-client', afterBytes: 0, how });
      expect(await readServer(connection)).toBe(cluster.replicas[1]!.serverId);
    });

    it(`sends a prepared read to another server when its reply was lost (${how})`, async () => {
      const [before] = await connection.execute('SELECT @@server_id AS server, ? AS value', [1]);
      expect(before).toEqual([{ server: cluster.replicas[0]!.serverId, value: 1 }]);
      replica.setMode({ kind: 'cut', direction: 'to-client', afterBytes: 0, how });
      const [after] = await connection.execute('SELECT @@server_id AS server, ? AS value', [2]);
      expect(after).toEqual([{ server: cluster.replicas[1]!.serverId, value: 2 }]);
    });

    it(`answers a read that is cut in its reply with an error, and goes on (${how})`, async () => {
      // More than the relay lets through, less than the client's packet buffer would hide.
      const sql = "SELECT @@server_id AS server, REPEAT('x', 200000) AS filler UNION ALL SELECT 0, REPEAT('y', 200000)";
      replica.setMode({ kind: 'cut', direction: 'to-client', afterBytes: 1000, how });
      await expect(connection.query(sql)).rejects.toThrow();
      replica.setMode({ kind: 'pass' });
      // Half a row can not be completed: a client whose reply stands in the middle of one is let go.
      const next = await weir.connect();
      expect(await readServer(next)).toBeGreaterThan(1);
      next.destroy();
    });

    it(`answers a write with an error and does not send it twice when its reply was lost (${how})`, async () => {
      const note = `reply lost ${how}`;
      await writeServer(connection, `before ${note}`);
      primary.setMode({ kind: 'cut', direction: 'to-client', afterBytes: 0, how });
      await expect(writeWitness(connection, note)).rejects.toMatchObject({
        errno: 2013,
        message: expect.stringContaining(String(primary.port)),
      });
      await until('the write being stored', async () => (await bed.stored(note)) === 1);
      primary.setMode({ kind: 'pass' });
      await sleep(200);
      expect(await bed.stored(note)).toBe(1);
      expect(await writeServer(connection, `after ${note}`)).toBe(cluster.primary.serverId);
    });

    it(`answers a write with an error when it did not arrive (${how})`, async () => {
      const note = `never arrived ${how}`;
      await writeServer(connection, `before ${note}`);
      primary.setMode({ kind: 'cut', direction: 'to-server', afterBytes: 6, how });
      await expect(writeWitness(connection, note)).rejects.toMatchObject({ errno: 2013 });
      primary.setMode({ kind: 'pass' });
      expect(await writeServer(connection, `after ${note}`)).toBe(cluster.primary.serverId);
      expect(await bed.stored(note)).toBe(0);
    });

    it(`answers what follows in a lost transaction with an error, and goes on (${how})`, async () => {
      const note = `transaction ${how}`;
      await connection.beginTransaction();
      await writeWitness(connection, note);
      primary.setMode({ kind: 'cut', direction: 'to-client', afterBytes: 0, how });
      await expect(numberOf(connection, 'SELECT COUNT(*) FROM witness')).rejects.toMatchObject({ errno: 1213, sqlState: '40001' });
      primary.setMode({ kind: 'pass' });
      expect(await writeServer(connection, `after ${note}`)).toBe(cluster.primary.serverId);
      expect(await bed.stored(note)).toBe(0);
    });
  }

  it('does not matter to connections that idle when it happens', async () => {
    await writeServer(connection, 'before idle loss');
    const other = await weir.connect();
    await Promise.all([readServer(connection), readServer(other)]);
    primary.setMode({ kind: 'reset' });
    replica.setMode({ kind: 'reset' });
    await sleep(100);
    primary.setMode({ kind: 'pass' });
    replica.setMode({ kind: 'pass' });
    await writeWitness(connection, 'after idle loss');
    expect(await bed.stored('after idle loss')).toBe(1);
    expect(await readServer(other)).toBeGreaterThan(1);
    other.destroy();
  });
});

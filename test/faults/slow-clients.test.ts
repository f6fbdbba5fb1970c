import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APP } from '../support/servers/accounts.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { numberOf, sleep, until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { comQuery, frame, WireClient } from '../support/wire-client.js';

const MEBIBYTE = 1024 * 1024;
const REPLY = 'r'.repeat(1_000);

/** Resident bytes of all workers. */
async function residentBytes(weir: RunningWeir): Promise<number> {
  const admin = await weir.connectAdmin();
  const bytes = await numberOf(admin, 'SELECT SUM(resident_bytes) FROM stats_weir_workers');
  admin.destroy();
  return bytes;
}

describeEachFlavour('clients that do not read', (flavour) => {
  const CLIENTS = 200;
  const BUFFER_BYTES = 262_144;
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 0, extraArgs: ['--max-connections=400'] });
    // 200 such results keep a server busy for seconds: it is not to be taken for a silent one.
    const patient = { connect_timeout_server: 20_000, connect_timeout_server_max: 40_000, shun_on_failures: 1_000 };
    const monitor = { monitor_connect_timeout: 20_000, monitor_ping_timeout: 20_000, monitor_read_only_timeout: 20_000 };
    weir = await startWeir({ cluster, mysqlVariables: { client_buffer_max_bytes: BUFFER_BYTES, ...patient, ...monitor } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  it('of 50 MB each cost no more than mysql-client_buffer_max_bytes and what is read at once', { timeout: 120_000 }, async () => {
    const clients: WireClient[] = [];
    try {
      for (let number = 0; number < CLIENTS; number++) clients.push(await WireClient.login(weir.port, APP));
      const before = await residentBytes(weir);
      for (const client of clients) {
        client.socket.pause();
        client.send(comQuery(`SELECT REPEAT('x', 1000000) FROM ${fifty()}`));
      }
      await sleep(4_000);
      const growth = ((await residentBytes(weir)) - before) / CLIENTS;
      // What waits, a slab or two beside it, and the stream's own objects.
      expect(growth / 1024, 'KiB a client').toBeLessThan((BUFFER_BYTES + 4 * 65_536) / 1024);
      // Others go on meanwhile.
      const other = await weir.connect();
      const begun = Date.now();
      await other.query('SELECT 1');
      expect(Date.now() - begun).toBeLessThan(1_000);
      other.destroy();
      // And who reads on gets all of it.
      const [reader] = clients;
      let received = 0;
      // Its own reader would put each chunk behind all before it.
      reader!.socket.removeAllListeners('data');
      reader!.socket.on('data', (chunk) => {
        received += chunk.length;
      });
      reader!.socket.resume();
      await until('the whole result', () => received > 50_000_000, 60_000);
    } finally {
      for (const client of clients) client.destroy();
    }
    await untilGivenBack();
  });

  it('in a transaction get every answer when they read again, and leave nothing behind when they do not', { timeout: 60_000 }, async () => {
    const STATEMENTS = 400;
    const commands = Buffer.concat(Array.from({ length: STATEMENTS }, () => frame(comQuery("SELECT REPEAT('x', 30000) FOR UPDATE"))));
    const admin = await weir.connectAdmin();
    const answered = (): Promise<number> =>
      numberOf(admin, "SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name = 'Queries_backends_bytes_recv'");
    for (const reads of [true, false]) {
      const client = await WireClient.login(weir.port, APP);
      await client.query('BEGIN');
      client.socket.removeAllListeners('data');
      client.socket.pause();
      client.sendRaw(commands);
      let before = -1;
      await until('its replies to stop', async () => {
        const last = before;
        before = await answered();
        return before > 0 && before === last;
      });
      let received = 0;
      client.socket.on('data', (chunk) => {
        received += chunk.length;
      });
      if (reads) {
        client.socket.resume();
        await until('all replies', () => received > STATEMENTS * 30_000);
      }
      client.destroy();
      await untilGivenBack();
    }
    admin.destroy();
  });

  async function untilGivenBack(): Promise<void> {
    const admin = await weir.connectAdmin();
    await until('their connections being given back', async () => {
      return (await numberOf(admin, 'SELECT SUM(ConnUsed) FROM stats_mysql_connection_pool')) === 0;
    });
    admin.destroy();
  }

  const fifty = (): string => {
    const digits = '(SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8)';
    return `${digits} AS a, ${digits} AS b LIMIT 50`.replace(' LIMIT', ', (SELECT 1) AS c LIMIT');
  };
});

describe('clients that are slow or send too much', () => {
  let weir: RunningWeir;

  beforeAll(async () => {
    weir = await startWeir({
      pairs: [],
      rules: [{ rule_id: 1, active: 1, match_pattern: '^SELECT', OK_msg: REPLY, apply: 1 }],
      mysqlVariables: { monitor_enabled: false, threads: 1, connect_timeout_client: 1_000, client_buffer_max_bytes: 65_536 },
    });
  });
  afterAll(() => weir?.kill());

  it('pipeline commands without reading replies: they wait in the network, and each is answered in the end', async () => {
    const client = await WireClient.login(weir.port, { ...APP, schema: '' });
    const before = await residentBytes(weir);
    client.socket.removeAllListeners('data');
    client.socket.pause();
    const command = frame(comQuery('SELECT 1'));
    const COMMANDS = 100_000;
    const batch = Buffer.concat(Array.from({ length: 1_000 }, () => command));
    for (let sent = 0; sent < COMMANDS; sent += 1_000) client.sendRaw(batch);
    await sleep(1_500);
    // 100 MB of replies would wait.
    expect((await residentBytes(weir)) - before).toBeLessThan(40 * MEBIBYTE);
    let received = 0;
    client.socket.on('data', (chunk) => {
      received += chunk.length;
    });
    client.socket.resume();
    const replyBytes = 4 + 7 + 3 + REPLY.length;
    await until('all replies', () => received >= COMMANDS * (replyBytes - 4));
    await sleep(50);
    expect(received % COMMANDS).toBe(0);
    client.destroy();
  });

  it('send their login byte by byte: they are cut at mysql-connect_timeout_client', async () => {
    const begun = Date.now();
    const clients = await Promise.all(Array.from({ length: 50 }, () => WireClient.open(weir.port)));
    const response = frame(Buffer.alloc(200, 1), 1);
    let at = 0;
    const timer = setInterval(() => {
      for (const client of clients) if (!client.closed) client.socket.write(response.subarray(at, at + 1));
      at++;
    }, 100);
    await Promise.all(clients.map((client) => client.untilClosed()));
    clearInterval(timer);
    expect(Date.now() - begun).toBeGreaterThan(900);
    expect(Date.now() - begun).toBeLessThan(3_500);
  });

  it('announce a packet that never ends: it costs what came of it, and nothing before the login', async () => {
    const stranger = await WireClient.open(weir.port);
    await stranger.packet();
    stranger.sendRaw(Buffer.from([0, 0, 16, 1]));
    const [refusal] = await stranger.untilClosed();
    expect(refusal!.payload.readUInt16LE(1)).toBe(1153);

    const before = await residentBytes(weir);
    const clients = await Promise.all(Array.from({ length: 100 }, () => WireClient.login(weir.port, { ...APP, schema: '' })));
    for (const client of clients) client.sendRaw(Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0]), Buffer.alloc(100_000, 32)]));
    await sleep(500);
    expect(((await residentBytes(weir)) - before) / clients.length).toBeLessThan(500_000);
    for (const client of clients) client.destroy();
  });

  it('hang up in the middle of anything: nobody stays behind', async () => {
    for (let number = 0; number < 40; number++) {
      const client = await WireClient.login(weir.port, { ...APP, schema: '' });
      client.socket.pause();
      for (let command = 0; command < 200; command++) client.send(comQuery('SELECT 1'));
      if (number % 2 === 0) client.socket.resetAndDestroy();
      else client.destroy();
    }
    const half = net.connect(weir.port, '127.0.0.1').on('error', () => undefined);
    half.end();
    await until('nobody being connected', async () => {
      const admin = await weir.connectAdmin();
      const count = await numberOf(
        admin,
        "SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name = 'Client_Connections_connected'",
      );
      admin.destroy();
      return count === 0;
    });
  });
});

import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeResponse } from '../support/native-response.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

/** A client of bytes: what it sends is up to the test. */
class RawClient {
  private received = Buffer.alloc(0);
  private closed = false;
  private wake: () => void = () => {};

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.on('close', () => {
      this.closed = true;
      this.wake();
    });
    socket.on('error', () => {});
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new RawClient(socket)));
    });
  }

  /** The next packet's payload; null when the connection is closed. */
  async packet(): Promise<Buffer | null> {
    for (;;) {
      const length = this.received.length >= 4 ? this.received.readUIntLE(0, 3) : Number.POSITIVE_INFINITY;
      if (this.received.length >= 4 + length) {
        const payload = this.received.subarray(4, 4 + length);
        this.received = this.received.subarray(4 + length);
        return payload;
      }
      if (this.closed) return null;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async logIn(): Promise<void> {
    const greeting = (await this.packet()) as Buffer;
    this.socket.write(nativeResponse(greeting, 'app', 'app', 'app'));
    let answer = (await this.packet()) as Buffer;
    // Fast path of caching_sha2_password says so before the OK.
    if (answer[0] === 1) answer = (await this.packet()) as Buffer;
    expect(answer[0]).toBe(0);
  }
}

const command = (byte: number, text = '', sequence = 0): Buffer => {
  const payload = Buffer.concat([Buffer.from([byte]), Buffer.from(text)]);
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, payload]);
};
const errnoOf = (packet: Buffer | null): number | null => (packet?.[0] === 0xff ? packet.readUInt16LE(1) : null);

describeEachFlavour('clients that are not as they should be', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    weir = await startWeir({ cluster, mysqlVariables: { connect_timeout_client: 1500, max_allowed_packet: 1_048_576 } });
  }, 60_000);
  afterAll(async () => {
    const other = await weir.connect();
    const [rows] = await other.query('SELECT 1 AS one');
    expect(rows).toEqual([{ one: 1 }]);
    await other.end();
    await weir?.kill();
    await cluster?.stop();
  });

  it('are let go when they say nothing', async () => {
    const client = await RawClient.open(weir.port);
    expect(await client.packet()).not.toBeNull();
    expect(await client.packet()).toBeNull();
    await weir.waitForLog(/did not log in in time/);
  });

  it.each([
    ['a truncated handshake', Buffer.from([3, 0, 0, 1, 0x85, 0xa6, 0x03]), 1043],
    ['a wrong sequence', Buffer.from([1, 0, 0, 7, 1]), 1156],
    ['noise', Buffer.from('GET / HTTP/1.1\r\n\r\n'), null],
  ])('get an error and the end for %s', async (_name, bytes, errno) => {
    const client = await RawClient.open(weir.port);
    await client.packet();
    client.socket.end(bytes);
    const answer = await client.packet();
    if (errno !== null) expect(errnoOf(answer)).toBe(errno);
    if (answer !== null) expect(await client.packet()).toBeNull();
  });

  it('get 1153 for a packet beyond max_allowed_packet', async () => {
    const client = await RawClient.open(weir.port);
    await client.logIn();
    client.socket.write(command(3, `SELECT '${'x'.repeat(2_000_000)}'`));
    expect(errnoOf(await client.packet())).toBe(1153);
  });

  it('get 1156 for a command out of sequence, 1047 for an unknown one', async () => {
    const client = await RawClient.open(weir.port);
    await client.logIn();
    client.socket.write(command(0x7f));
    expect(errnoOf(await client.packet())).toBe(1047);
    client.socket.write(command(3, 'SELECT 1', 5));
    expect(errnoOf(await client.packet())).toBe(1156);
    expect(await client.packet()).toBeNull();
  });

  it('may send several commands at once', async () => {
    const client = await RawClient.open(weir.port);
    await client.logIn();
    client.socket.write(Buffer.concat([command(0x0e), command(3, "SET @p = 'piped'"), command(3, 'DO 1'), command(0x0e)]));
    for (let answered = 0; answered < 4; answered++) expect((await client.packet())?.[0]).toBe(0);
    client.socket.end(command(1));
  });

  it('get every answer after they have closed their sending side', async () => {
    const client = await RawClient.open(weir.port);
    await client.logIn();
    client.socket.end(Buffer.concat([command(3, 'DO SLEEP(0.2)'), command(3, "SET @p = 'piped'"), command(0x0e)]));
    for (let answered = 0; answered < 3; answered++) expect((await client.packet())?.[0]).toBe(0);
    // MySQL says goodbye.
    if (flavour === 'mysql') expect(errnoOf(await client.packet())).toBe(1158);
    expect(await client.packet()).toBeNull();
  });

  it('are told the same for a wrong password and an unknown user', async () => {
    const refused = async (user: string) =>
      weir.connect({ user, password: 'wrong' }).catch((error: { errno: number; sqlMessage: string }) => error);
    const wrong = (await refused('app')) as { errno: number; sqlMessage: string };
    const unknown = (await refused('nobody')) as { errno: number; sqlMessage: string };
    expect([wrong.errno, unknown.errno]).toEqual([1045, 1045]);
    expect(wrong.sqlMessage.replace('app', 'X')).toBe(unknown.sqlMessage.replace('nobody', 'X'));
  });

  it('load files', async () => {
    if (flavour === 'mysql') await cluster.execute('SET GLOBAL local_infile = 1');
    const client = await weir.connect();
    await client.query('CREATE TABLE IF NOT EXISTS app.loaded (v INT)');
    const lines = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index).join('\n'));
    const [result] = await client.query({
      sql: "LOAD DATA LOCAL INFILE 'any' INTO TABLE app.loaded",
      infileStreamFactory: () => Readable.from([lines]),
    } as never);
    expect((result as { affectedRows: number }).affectedRows).toBe(50_000);
    await client.query('DROP TABLE app.loaded');
    await client.end();
  });
});

describe('limits on clients', () => {
  it('hold over all workers', { timeout: 30_000 }, async () => {
    const cluster = await startCluster({ flavour: 'mariadb', replicas: 1 });
    const users = [{ username: 'app', password: 'app', hostgroup: 0, more: { max_connections: 3 } }];
    const weir = await startWeir({ cluster, users, mysqlVariables: { threads: 2 } });
    try {
      const clients = [];
      for (let count = 0; count < 3; count++) clients.push(await weir.connect({ user: 'app', password: 'app' }));
      await expect(weir.connect({ user: 'app', password: 'app' })).rejects.toMatchObject({ errno: 1226 });
      await clients.pop()?.end();
      await new Promise((resolve) => setTimeout(resolve, 100));
      clients.push(await weir.connect({ user: 'app', password: 'app' }));
      for (const client of clients) await client.end();
    } finally {
      await weir.kill();
      await cluster.stop();
    }
  });
});

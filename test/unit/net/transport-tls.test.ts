import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureKeyFiles, type KeyFiles } from '../../../src/net/key-files.js';
import type { Transport } from '../../../src/net/transport.js';
import { acceptTls, serverSecureContext, startTls, type TransportKind } from '../../../src/net/transports.js';
import { type Pair, pattern, Recorder, readAll, Sockets } from './transport-pair.js';

/** More than the kernel takes for a reader that is stalled. */
const LARGE = 16 * 1024 * 1024;
const NONE = Buffer.alloc(0);
const send = (transport: Transport, bytes: Buffer): void => transport.write(bytes, 0, bytes.length, null);
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe.each(['direct', 'portable'] as const satisfies readonly TransportKind[])('TLS over what was a %s transport', (kind) => {
  let sockets: Sockets;
  let keys: KeyFiles;
  let otherKeys: KeyFiles;
  const directories: string[] = [];

  beforeAll(async () => {
    const made = async (): Promise<KeyFiles> => {
      const directory = mkdtempSync(join(tmpdir(), 'transport-tls-'));
      directories.push(directory);
      return ensureKeyFiles(directory);
    };
    keys = await made();
    otherKeys = await made();
  });
  afterAll(() => {
    for (const directory of directories) rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    sockets = new Sockets(kind);
  });
  afterEach(() => sockets.close());

  const accepted = (transport: Transport, unread: Buffer = NONE): Promise<Transport> =>
    new Promise((resolve, reject) =>
      acceptTls(transport.detach(unread), serverSecureContext(keys.tls), (secure) => resolve(sockets.closing(secure)), reject),
    );
  const started = (transport: Transport, ca: string | null): Promise<Transport> =>
    new Promise((resolve, reject) =>
      startTls(
        transport.detach(NONE),
        { hostname: '127.0.0.1', ca, cert: null, key: null },
        (secure) => resolve(sockets.closing(secure)),
        reject,
      ),
    );

  async function securePair(ca: string | null = null): Promise<Pair> {
    const { client, server } = await sockets.pair();
    const [one, two] = await Promise.all([accepted(client), started(server, ca)]);
    const [clientSink, serverSink] = [new Recorder(), new Recorder()];
    one.sink = clientSink;
    two.sink = serverSink;
    return { client: one, clientSink, server: two, serverSink };
  }

  it('echoes small and large, and knows that it is encrypted', async () => {
    const { client, clientSink, server, serverSink } = await securePair();
    clientSink.onBytes = (buffer, start, end) => client.write(buffer, start, end, client);
    const sent = pattern(LARGE);
    send(server, Buffer.from(sent.subarray(0, 1)));
    await serverSink.until(() => serverSink.received === 1);
    send(server, Buffer.from(sent.subarray(1)));
    await serverSink.until(() => serverSink.received === LARGE);
    expect(serverSink.bytes.equals(sent)).toBe(true);
    expect([client.encrypted, server.encrypted]).toEqual([true, true]);
    expect([client.remoteAddress, server.remoteAddress]).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('end sends what is pending to a reader that was stalled, then both close once', async () => {
    const { client, clientSink, server, serverSink } = await securePair();
    server.pause();
    const sent = pattern(LARGE);
    send(client, Buffer.from(sent));
    await turns(10);
    expect(client.pendingBytes).toBeGreaterThan(0);
    client.end();
    send(client, Buffer.from('too late'));
    server.resume();
    await serverSink.until(() => serverSink.closes.length > 0);
    await clientSink.until(() => clientSink.closes.length > 0);
    await turns(5);
    expect(serverSink.bytes.equals(sent)).toBe(true);
    expect([clientSink.closes, serverSink.closes]).toEqual([[null], [null]]);
  });

  it('destroy tells each side once', async () => {
    const { client, clientSink, serverSink } = await securePair();
    const cause = new Error('enough');
    client.destroy(cause);
    client.destroy();
    await serverSink.until(() => serverSink.closes.length > 0);
    await turns(5);
    expect(clientSink.closes).toEqual([cause]);
    expect(serverSink.closes).toHaveLength(1);
  });

  it('knows of an end that the event loop has not come to', async () => {
    const { client, server } = await securePair();
    // Session tickets come behind the handshake.
    await turns(20);
    expect(server.hasUnread()).toBe(false);
    client.destroy();
    let isKnown = false;
    for (let attempt = 0; attempt < 1_000 && !isKnown; attempt++) isKnown = server.hasUnread();
    expect(isKnown).toBe(true);
    server.destroy();
  });

  /** A TLS client of Node's own, and its hello as it was read before TLS began. */
  async function withNodeClient(): Promise<{ readonly secure: Transport; readonly sink: Recorder; readonly peer: TLSSocket }> {
    const sink = new Recorder();
    let transport: Transport | null = null;
    const target = await sockets.listen((socket) => {
      transport = sockets.closing(sockets.transports.forClient(socket));
      transport.sink = sink;
      transport.resume();
    });
    const peer = sockets.closing(connectTls({ host: '127.0.0.1', port: target.port, rejectUnauthorized: false }));
    await sink.until(() => sink.received > 0);
    return { secure: await accepted(transport as unknown as Transport, sink.bytes), sink, peer };
  }

  it('takes the beginning of the handshake from what was read already', async () => {
    const { secure, sink, peer } = await withNodeClient();
    const received = readAll(peer);
    send(secure, Buffer.from('hello'));
    secure.end();
    expect((await received).toString()).toBe('hello');
    expect(sink.closes).toEqual([]);
  });

  it('writes on to a peer that has said that it sends no more', async () => {
    const { secure, peer } = await withNodeClient();
    const sink = new Recorder();
    let ends = 0;
    secure.sink = Object.assign(sink, { onPeerEnd: () => ++ends > 0 });
    secure.resume();
    const received = readAll(peer);
    peer.end('the last question');
    while (ends === 0) await turns(1);
    send(secure, pattern(LARGE));
    secure.end();
    expect((await received).equals(pattern(LARGE))).toBe(true);
    expect([sink.bytes.toString(), ends]).toEqual(['the last question', 1]);
  });

  it('checks the certificate when there is a CA, by that CA only', async () => {
    expect((await securePair(keys.tls.ca)).server.encrypted).toBe(true);
    const { client, server } = await sockets.pair();
    const refused = accepted(client).then(
      () => 'accepted',
      () => 'refused',
    );
    await expect(started(server, otherKeys.tls.ca)).rejects.toThrow(/certificate/);
    await refused;
  });

  it.each([
    ['no TLS', (peer: ReturnType<typeof connectPlain>) => peer.write('this is not a handshake\r\n\r\n')],
    ['an end', (peer: ReturnType<typeof connectPlain>) => peer.end()],
    ['a reset', (peer: ReturnType<typeof connectPlain>) => peer.resetAndDestroy()],
  ])('fails once when the peer sends %s', async (_title, act) => {
    const told: string[] = [];
    let resolve = (): void => {};
    const over = new Promise<void>((done) => {
      resolve = done;
    });
    const failed = (): void => {
      told.push('failed');
      resolve();
    };
    const target = await sockets.listen((socket) => {
      const transport = sockets.transports.forClient(socket);
      acceptTls(transport.detach(NONE), serverSecureContext(keys.tls), () => told.push('secure'), failed);
      act(peer);
    });
    const peer = sockets.closing(connectPlain(target.port, '127.0.0.1'));
    peer.on('error', () => {});
    await over;
    await turns(10);
    expect(told).toEqual(['failed']);
  });

  it('tells nobody after it was given up', async () => {
    const { client, server } = await sockets.pair();
    const told: string[] = [];
    const giveUp = acceptTls(
      client.detach(NONE),
      serverSecureContext(keys.tls),
      () => told.push('secure'),
      () => told.push('failed'),
    );
    giveUp();
    await expect(started(server, null)).rejects.toBeInstanceOf(Error);
    await turns(10);
    expect(told).toEqual([]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Transport } from '../../../src/net/transport.js';
import { chooseTransportKind, type TransportKind, Transports } from '../../../src/net/transports.js';
import { pattern, Recorder, readAll, Sockets } from './transport-pair.js';

const LARGE = 8 * 1024 * 1024;
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};
const send = (transport: Transport, bytes: Buffer): void => transport.write(bytes, 0, bytes.length, null);

/** Forwards what `from` reads to `to`, out of the slab of `from`, as sessions do. */
class Forward extends Recorder {
  constructor(
    private readonly from: Transport,
    private readonly to: Transport,
  ) {
    super();
  }
  override onBytes(buffer: Buffer, start: number, end: number): void {
    this.to.write(buffer, start, end, this.from);
    super.onBytes(buffer, start, end);
  }
}

describe.each(['direct', 'portable'] as const satisfies readonly TransportKind[])('%s transport', (kind) => {
  let sockets: Sockets;
  beforeEach(() => {
    sockets = new Sockets(kind);
  });
  afterEach(() => sockets.close());

  it.each([1, 4, 65_535, 65_536, 65_537, LARGE])('echoes %i bytes', async (length) => {
    const { client, server, serverSink } = await sockets.pair();
    client.sink = new Forward(client, client);
    const sent = pattern(length);
    send(server, Buffer.from(sent));
    await serverSink.until(() => serverSink.received === length);
    expect(serverSink.bytes.equals(sent)).toBe(true);
  });

  it('sends only [start, end), and nothing for an empty range', async () => {
    const { client, server, serverSink } = await sockets.pair();
    client.write(Buffer.from('abcdef'), 2, 2, null);
    client.write(Buffer.from('abcdef'), 1, 4, null);
    await serverSink.until(() => serverSink.received >= 3);
    await turns(3);
    expect(serverSink.bytes.toString()).toBe('bcd');
    expect(server.closed).toBe(false);
  });

  it('keeps no slab for a few bytes behind others that wait, and sends all in order', async () => {
    const source = await sockets.pair();
    const { client, server, serverSink } = await sockets.pair();
    server.pause();
    send(client, Buffer.alloc(LARGE, 'a'));
    expect(client.pendingBytes).toBeGreaterThan(0);
    let surrendered = 0;
    source.client.surrenderSlab = () => {
      surrendered++;
    };
    const slab = Buffer.alloc(65_536, 'b');
    for (let turn = 0; turn < 100; turn++) client.write(slab, 10, 20, source.client);
    slab.fill('x');
    expect(surrendered).toBe(0);
    server.resume();
    await serverSink.until(() => serverSink.received === LARGE + 1_000);
    expect(serverSink.bytes.subarray(LARGE).equals(Buffer.alloc(1_000, 'b'))).toBe(true);
  });

  it('says where both ends are', async () => {
    const { client, server } = await sockets.pair();
    expect(client.remoteAddress).toBe('127.0.0.1');
    expect([client.remotePort, client.localPort]).toEqual([server.localPort, server.remotePort]);
    expect([client.encrypted, client.closed, client.pendingBytes]).toEqual([false, false, 0]);
  });

  it('counts what a stalled reader leaves pending, and tells when it has gone', async () => {
    const { transport, sink, peer } = await sockets.withStalledPeer();
    const sent = pattern(LARGE);
    send(transport, Buffer.from(sent));
    await turns(5);
    expect(transport.pendingBytes).toBeGreaterThan(0);
    expect(sink.drains).toBe(0);
    const received = readAll(peer);
    await sink.until(() => sink.drains > 0);
    expect(transport.pendingBytes).toBe(0);
    transport.end();
    expect((await received).equals(sent)).toBe(true);
  });

  it('keeps what it forwards to a stalled reader intact while the slab is read into again', async () => {
    const { transport: to, sink, peer } = await sockets.withStalledPeer();
    const { client, server } = await sockets.pair();
    const forward = new Forward(client, to);
    client.sink = forward;
    const sent = pattern(LARGE);
    send(server, Buffer.from(sent));
    await forward.until(() => forward.received === LARGE);
    expect(to.pendingBytes).toBeGreaterThan(0);
    const received = readAll(peer);
    await sink.until(() => to.pendingBytes === 0);
    to.end();
    expect((await received).equals(sent)).toBe(true);
  });

  it('keeps two pending writes out of one slab intact, though the first ends long before the second', async () => {
    const quick = await sockets.withStalledPeer();
    const slow = await sockets.withStalledPeer();
    const [source, noise] = await sockets.pairs(2);
    if (source === undefined || noise === undefined) throw new Error('two pairs');
    // Both readers stall, so that what is forwarded now stays with the kernel.
    const filler = pattern(LARGE);
    for (const { transport } of [quick, slow]) send(transport, Buffer.from(filler));
    await turns(5);
    expect(Math.min(quick.transport.pendingBytes, slow.transport.pendingBytes)).toBeGreaterThan(0);
    const both = new Forward(source.client, quick.transport);
    const forwardToQuick = both.onBytes.bind(both);
    both.onBytes = (buffer, start, end) => {
      slow.transport.write(buffer, start, end, source.client);
      forwardToQuick(buffer, start, end);
    };
    source.client.sink = both;
    const payload = pattern(40_000, 12_345);
    send(source.server, Buffer.from(payload));
    await both.until(() => both.received === payload.length);
    const quickBytes = readAll(quick.peer);
    await quick.sink.until(() => quick.transport.pendingBytes === 0);
    // The first write has ended. Other clients now read and surrender slabs many times over; none may be the one in use.
    noise.client.sink = new Forward(noise.client, slow.transport);
    const other = Buffer.alloc(2 * 1024 * 1024, 0xee);
    send(noise.server, other);
    const noiseSink = noise.client.sink as Forward;
    await noiseSink.until(() => noiseSink.received === other.length);
    quick.transport.end();
    const slowBytes = readAll(slow.peer);
    await slow.sink.until(() => slow.transport.pendingBytes === 0);
    slow.transport.end();
    expect((await quickBytes).equals(Buffer.concat([filler, payload]))).toBe(true);
    expect((await slowBytes).equals(Buffer.concat([filler, payload, other]))).toBe(true);
  });

  it('pauses and resumes, both more than once', async () => {
    const { client, clientSink, server } = await sockets.pair();
    client.pause();
    client.pause();
    send(server, pattern(1_000));
    await turns(20);
    expect(clientSink.received).toBe(0);
    client.resume();
    client.resume();
    await clientSink.until(() => clientSink.received === 1_000);
    client.pause();
    send(server, pattern(LARGE, 1_000));
    await turns(20);
    expect(clientSink.received).toBe(1_000);
    expect(server.pendingBytes).toBeGreaterThan(0);
    client.resume();
    await clientSink.until(() => clientSink.received === LARGE + 1_000);
    expect(clientSink.bytes.equals(pattern(LARGE + 1_000))).toBe(true);
  });

  it('end sends what is pending, takes no more, and closes both ends once', async () => {
    const { client, clientSink, server, serverSink } = await sockets.pair();
    server.pause();
    const sent = pattern(LARGE);
    send(client, Buffer.from(sent));
    client.end();
    client.end();
    send(client, Buffer.from('too late'));
    server.resume();
    await serverSink.until(() => serverSink.closes.length > 0);
    await clientSink.until(() => clientSink.closes.length > 0);
    await turns(5);
    expect(serverSink.bytes.equals(sent)).toBe(true);
    expect([clientSink.closes, serverSink.closes]).toEqual([[null], [null]]);
    expect([client.closed, server.closed]).toEqual([true, true]);
  });

  it('end gives a peer up that takes nothing for a minute, not one that is slow', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { transport, sink, peer } = await sockets.withStalledPeer();
      for (let sent = 0; sent < LARGE; sent += 65_536) send(transport, Buffer.alloc(65_536));
      transport.end();
      const { pendingBytes } = transport;
      vi.advanceTimersByTime(59_000);
      while (transport.pendingBytes === pendingBytes) {
        peer.read(1_000_000);
        await turns(1);
      }
      vi.advanceTimersByTime(59_000);
      expect([transport.closed, sink.closes]).toEqual([false, []]);
      vi.advanceTimersByTime(62_000);
      expect([transport.closed, sink.closes]).toEqual([true, [null]]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('destroy tells its owner once, with the cause, and ignores what comes after', async () => {
    const { client, clientSink, serverSink } = await sockets.pair();
    const cause = new Error('enough');
    client.destroy(cause);
    client.destroy(new Error('again'));
    client.end();
    client.pause();
    client.resume();
    send(client, Buffer.from('x'));
    await serverSink.until(() => serverSink.closes.length > 0);
    await turns(5);
    expect(clientSink.closes).toEqual([cause]);
    expect(client.closed).toBe(true);
    expect([serverSink.received, serverSink.closes.length]).toEqual([0, 1]);
  });

  it('destroy drops what is pending', async () => {
    const { transport, sink, peer } = await sockets.withStalledPeer();
    send(transport, pattern(LARGE));
    transport.destroy();
    expect(sink.closes).toEqual([null]);
    peer.on('error', () => {});
    peer.resume();
    await turns(20);
    expect([sink.closes.length, sink.drains]).toEqual([1, 0]);
  });

  it('may be destroyed while it is told of bytes', async () => {
    const { client, clientSink, server } = await sockets.pair();
    const onBytes = clientSink.onBytes.bind(clientSink);
    clientSink.onBytes = (buffer, start, end) => {
      onBytes(buffer, start, end);
      client.destroy();
    };
    send(server, pattern(LARGE));
    await clientSink.until(() => clientSink.closes.length > 0);
    const { received } = clientSink;
    await turns(20);
    expect([clientSink.received, clientSink.closes]).toEqual([received, [null]]);
  });

  it('tells of an orderly end of the peer without a cause, behind its bytes', async () => {
    const { transport, sink, peer } = await sockets.withStalledPeer();
    peer.end('bye');
    await sink.until(() => sink.closes.length > 0);
    expect([sink.bytes.toString(), sink.closes]).toEqual(['bye', [null]]);
    expect(transport.closed).toBe(true);
  });

  it('writes on to a peer that has ended its own side, where its owner wants to', async () => {
    const { transport, sink, peer } = await sockets.withStalledPeer();
    const answers = readAll(peer);
    let ends = 0;
    Object.assign(sink, { onPeerEnd: () => ++ends > 0 });
    peer.end('the last question');
    while (ends === 0) await turns(1);
    transport.pause();
    transport.resume();
    await turns(5);
    send(transport, Buffer.from('an answer'));
    transport.end();
    expect([(await answers).toString(), ends, sink.bytes.toString()]).toEqual(['an answer', 1, 'the last question']);
    await sink.until(() => sink.closes.length > 0);
    expect(sink.closes).toEqual([null]);
  });

  it('tells of a reset by the peer once, with its cause', async () => {
    const { transport, sink, peer } = await sockets.withStalledPeer();
    peer.resetAndDestroy();
    await sink.until(() => sink.closes.length > 0);
    await turns(5);
    expect(sink.closes).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(transport.closed).toBe(true);
  });

  it('tells of a reset while writes are pending once', async () => {
    const { transport, sink, peer } = await sockets.withStalledPeer();
    send(transport, pattern(LARGE));
    await turns(5);
    peer.resetAndDestroy();
    await sink.until(() => sink.closes.length > 0);
    await turns(5);
    expect(sink.closes).toHaveLength(1);
    expect(sink.closes[0]).toBeInstanceOf(Error);
  });

  it.each(['close', 'bytes', 'reset'] as const)('knows of %s that the event loop has not come to', async (news) => {
    const { transport, peer } = await sockets.withStalledPeer();
    expect(transport.hasUnread()).toBe(false);
    if (news === 'close') peer.destroy();
    else if (news === 'reset') peer.resetAndDestroy();
    else peer.write('x');
    // Within this turn: the kernel has it, nobody has read it.
    const known: boolean[] = [];
    while (!known.at(-1) && known.length < 1_000) known.push(transport.hasUnread());
    expect(known.at(-1)).toBe(true);
    transport.destroy();
    expect(transport.hasUnread()).toBe(false);
  });

  it('works over a Unix socket', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'transport-'));
    try {
      const { client, server, serverSink } = await sockets.pair(join(directory, 's'));
      client.sink = new Forward(client, client);
      const sent = pattern(1_000_000);
      send(server, Buffer.from(sent));
      await serverSink.until(() => serverSink.received === sent.length);
      expect(serverSink.bytes.equals(sent)).toBe(true);
      expect(client.remotePort).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('connect', () => {
  it.each(['direct', 'portable'] as const)('%s: fails once where nobody listens', async (kind) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    await expect(new Sockets(kind).connect({ hostname: '127.0.0.1', port, timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    await expect(new Sockets(kind).connect({ hostname: '/nonexistent/socket', port: 0, timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('calls nobody after it was given up', async () => {
    const sockets = new Sockets('direct');
    const target = await sockets.listen(() => {});
    const told: string[] = [];
    const giveUp = sockets.transports.connect(
      target,
      () => told.push('connected'),
      () => told.push('failed'),
    );
    giveUp();
    giveUp();
    await turns(20);
    expect(told).toEqual([]);
    sockets.close();
  });
});

describe('chooseTransportKind', () => {
  it('finds that direct works here', async () => expect(await chooseTransportKind(undefined)).toBe('direct'));

  it.each(['direct', 'portable'] as const)('takes %s when told', async (kind) => {
    expect(await chooseTransportKind(kind)).toBe(kind);
    expect(new Transports(kind, 0).kind).toBe(kind);
  });

  it('tests when told something else', async () => expect(await chooseTransportKind('fast')).toBe('direct'));
});

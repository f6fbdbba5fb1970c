import { describe, expect, it } from 'vitest';
import type { Transport } from '../../../src/net/transport.js';
import type { PooledConnection } from '../../../src/pool/pooled-connection.js';
import { InfileRelay } from '../../../src/session/infile-relay.js';

const packet = (sequence: number, bytes: Uint8Array): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUIntLE(bytes.length, 0, 3);
  header[3] = sequence & 0xff;
  return Buffer.concat([header, bytes]);
};

/** What `InfileRelay` uses of a connection and of a client. */
function ends() {
  const sent: Buffer[] = [];
  const calls: string[] = [];
  const transport = { pendingBytes: 0 };
  const connection = {
    drained: null as (() => void) | null,
    transport,
    send: (buffer: Buffer, start: number, end: number) => sent.push(buffer.subarray(start, end)),
  };
  const client = { pause: () => calls.push('pause'), resume: () => calls.push('resume') };
  const relay = new InfileRelay(connection as unknown as PooledConnection, client as unknown as Transport, 100);
  return { relay, connection, transport, calls, bytes: () => Buffer.concat(sent) };
}

const FILE = Buffer.concat([
  packet(2, Buffer.from('1\t2\n')),
  packet(3, Buffer.alloc(300, 0)),
  packet(4, Buffer.from('x')),
  packet(5, Buffer.alloc(0)),
]);
const NEXT = packet(0, Buffer.from('\x03select 1'));

describe('InfileRelay', () => {
  it('carries the file and nothing behind it, split at every offset', () => {
    const stream = Buffer.concat([FILE, NEXT]);
    for (let split = 0; split <= stream.length; split++) {
      const { relay, bytes } = ends();
      const first = relay.feed(stream, 0, split);
      expect(first).toBe(Math.min(split, FILE.length));
      expect(relay.ended).toBe(split >= FILE.length);
      if (!relay.ended) expect(relay.feed(stream, split, stream.length)).toBe(FILE.length);
      expect(relay.ended).toBe(true);
      expect(bytes().equals(FILE)).toBe(true);
    }
  });

  it('carries it byte by byte, at an offset of the buffer', () => {
    const buffer = Buffer.concat([Buffer.alloc(7, 0xff), FILE, NEXT]);
    const { relay, bytes } = ends();
    for (let at = 7; !relay.ended; at++) expect(relay.feed(buffer, at, at + 1)).toBe(at + 1);
    expect(bytes().equals(FILE)).toBe(true);
  });

  it('takes an empty file: only the end', () => {
    const { relay, bytes } = ends();
    const end = packet(2, Buffer.alloc(0));
    expect(relay.feed(Buffer.concat([end, NEXT]), 0, end.length + NEXT.length)).toBe(end.length);
    expect(relay.ended).toBe(true);
    expect(bytes().equals(end)).toBe(true);
  });

  it('does not take a packet of the largest size for the end', () => {
    const { relay } = ends();
    const largest = packet(2, Buffer.alloc(0xff_ffff));
    expect(relay.feed(largest, 0, largest.length)).toBe(largest.length);
    expect(relay.ended).toBe(false);
    // Its own end first, as servers read it; then that of the file.
    relay.feed(packet(3, Buffer.alloc(0)), 0, 4);
    expect(relay.ended).toBe(false);
    relay.feed(packet(4, Buffer.alloc(0)), 0, 4);
    expect(relay.ended).toBe(true);
  });

  it('sends copies: the buffer may be used again at once', () => {
    const { relay, bytes } = ends();
    const buffer = Buffer.from(FILE);
    relay.feed(buffer, 0, buffer.length);
    buffer.fill(0xee);
    expect(bytes().equals(FILE)).toBe(true);
  });

  it('pauses the client while the server is behind, and lets go of the connection at the end', () => {
    const { relay, connection, transport, calls } = ends();
    transport.pendingBytes = 100;
    relay.feed(FILE, 0, 3);
    expect(calls).toEqual([]);
    transport.pendingBytes = 101;
    relay.feed(FILE, 3, 6);
    expect(calls).toEqual(['pause']);
    connection.drained?.();
    expect(calls).toEqual(['pause', 'resume']);
    relay.feed(FILE, 6, FILE.length);
    expect(calls).toEqual(['pause', 'resume', 'resume']);
    expect(connection.drained).toBeNull();
  });
});

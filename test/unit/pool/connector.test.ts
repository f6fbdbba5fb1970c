import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { serverKey } from '../../../src/base/ids.js';
import { Transports } from '../../../src/net/transports.js';
import { Connector, type OpenFailure } from '../../../src/pool/connector.js';
import { ServerPool } from '../../../src/pool/server-pool.js';
import { Capability } from '../../../src/protocol/constants.js';
import { writeHandshakeV10 } from '../../../src/protocol/packets/handshake-v10.js';
import { PacketWriter } from '../../../src/protocol/wire/writer.js';
import { APP, EMPTY } from './pool-bench.js';

const TIMEOUT_MS = 150;
const OK = Buffer.from([7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]);
const errorPacket = (errno: number, sequence: number): Buffer => {
  const payload = Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from('#HY000no')]);
  return Buffer.concat([Buffer.from([payload.length, 0, 0, sequence]), payload]);
};

function greeting(): Buffer {
  const writer = new PacketWriter();
  writeHandshakeV10(writer, {
    ...{ serverVersion: '8.4.0', threadId: 7, scramble: Buffer.alloc(20, 0x41), mariadbCapabilities: 0, collation: 45, status: 2 },
    ...{ capabilities: 0xffff_ffff & ~Capability.capabilityExtension, authPlugin: 'mysql_native_password' },
  });
  return writer.take();
}

let server: Server | null = null;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
  server = null;
});

interface Attempt {
  readonly failure: OpenFailure | null;
  readonly tookMs: number;
  /** Phase, errno and text of what the control process is told. */
  readonly faults: readonly string[];
  readonly exhausted: readonly string[];
}

/** Opens a connection to a server whose answers are these, one for each time that weir has sent something, the first unasked; then silence. */
async function open(answers: readonly Buffer[], { useSsl = false } = {}): Promise<Attempt> {
  const listening = createServer((socket) => {
    sockets.push(socket);
    const left = [...answers];
    const say = (): void => {
      const next = left.shift();
      if (next !== undefined) socket.write(next);
    };
    socket.on('error', () => {});
    socket.on('data', say);
    say();
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as { port: number };
  const faults: string[] = [];
  const exhausted: string[] = [];
  const connector = new Connector(
    new Transports('direct', 0),
    () => ({ connectTimeoutServerMs: TIMEOUT_MS, serverCaPem: null, serverCertPem: null, serverKeyPem: null, globalsAt: () => [] }),
    EMPTY,
    (_, phase, errno, message) => faults.push(`${phase} ${errno} ${message.replace(String(port), 'PORT')}`),
    () => performance.now(),
    () => {},
    (code) => exhausted.push(code),
  );
  const begun = performance.now();
  const failure = await new Promise<OpenFailure | null>((resolve) =>
    connector.open(
      new ServerPool(serverKey('127.0.0.1', port), '127.0.0.1', port, useSsl),
      APP,
      { onConnectionClosed: () => {} },
      (connection, refusal) => {
        connection?.destroy();
        resolve(refusal);
      },
    ),
  );
  return { failure, tookMs: performance.now() - begun, faults, exhausted };
}

describe('a server that says nothing', () => {
  it.each([
    ['after it has accepted', [], 'handshake', false],
    ['after the beginning of its greeting', [greeting().subarray(0, 20)], 'handshake', false],
    ['instead of TLS', [greeting()], 'handshake', true],
    ['after the answer to its greeting', [greeting()], 'authentication', false],
    ['after the login', [greeting(), OK], 'authentication', false],
  ] as const)('%s is a failure in time, and is told', async (_, answers, phase, useSsl) => {
    const { failure, tookMs, faults, exhausted } = await open(answers, { useSsl });
    expect(failure).toMatchObject({ kind: 'failed', error: { errno: 2013 } });
    expect(tookMs).toBeGreaterThan(TIMEOUT_MS - 20);
    expect(tookMs).toBeLessThan(TIMEOUT_MS + 2_000);
    expect(faults).toHaveLength(1);
    // errno 0: no answer of the server, so it counts for mysql-shun_on_failures.
    expect(faults[0]).toMatch(new RegExp(`^${phase} 0 Lost connection to 127.0.0.1:PORT during the .*: no login within ${TIMEOUT_MS} ms$`));
    expect(exhausted).toEqual([]);
  });
});

describe('a server that answers with an error', () => {
  it.each([
    [1045, 'refused'],
    [1049, 'refused'],
    [1040, 'busy'],
    [1053, 'busy'],
    [1129, 'busy'],
    [1203, 'busy'],
    [1226, 'busy'],
    [1064, 'failed'],
  ] as const)('%i: %s, told with its number', async (errno, kind) => {
    const { failure, faults } = await open([greeting(), errorPacket(errno, 2)]);
    expect(failure).toMatchObject({ kind, error: { errno, message: 'no' } });
    expect(faults).toEqual([`authentication ${errno} no`]);
  });

  it('1040 in place of a greeting', async () => {
    const { failure, faults } = await open([errorPacket(1040, 0)]);
    expect(failure).toMatchObject({ kind: 'busy', error: { errno: 1040 } });
    expect(faults).toEqual(['handshake 1040 no']);
  });
});

it('nobody listening is a failure to connect', async () => {
  const { port } = await new Promise<{ port: number }>((resolve) => {
    const unused = createServer().listen(0, '127.0.0.1', () => {
      const address = unused.address() as { port: number };
      unused.close(() => resolve(address));
    });
  });
  const faults: string[] = [];
  const failure = await new Promise<OpenFailure | null>((resolve) =>
    new Connector(
      new Transports('direct', 0),
      () => ({ connectTimeoutServerMs: TIMEOUT_MS, serverCaPem: null, serverCertPem: null, serverKeyPem: null, globalsAt: () => [] }),
      EMPTY,
      (_, phase, errno) => faults.push(`${phase} ${errno}`),
      () => 0,
      () => {},
      () => {},
    ).open(new ServerPool(serverKey('127.0.0.1', port), '127.0.0.1', port, false), APP, { onConnectionClosed: () => {} }, (_, refusal) =>
      resolve(refusal),
    ),
  );
  expect(failure?.kind).toBe('failed');
  expect(faults).toEqual(['connect 0']);
});

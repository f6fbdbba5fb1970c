import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../../src/net/transport.js';
import { type TransportKind, Transports } from '../../../src/net/transports.js';

const KEEP_ALIVE_MS = 7_000;
/** Field `tr` of /proc/net/tcp while the keep-alive timer runs, and its unit of time. */
const KEEP_ALIVE_TIMER = '02';
const TICKS_PER_SEC = 100;

/** When the kernel will probe the connection from `local` to `remote`, seconds; null: never. */
function nextProbeSec(local: number, remote: number): number | null {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  // A table that changes while it is read may lack lines.
  for (let attempt = 0; attempt < 100; attempt++) {
    for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
      const [, localAddress = '', remoteAddress = '', , , timer = ''] = line.trim().split(/\s+/);
      if (!localAddress.endsWith(`:${hex(local)}`) || !remoteAddress.endsWith(`:${hex(remote)}`)) continue;
      const [kind, ticks = ''] = timer.split(':');
      return kind === KEEP_ALIVE_TIMER ? Number.parseInt(ticks, 16) / TICKS_PER_SEC : null;
    }
  }
  throw new Error(`no connection from port ${local} to port ${remote}`);
}

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** Both ends of one connection, as weir makes them: towards a server and towards a client. */
async function connected(kind: TransportKind, keepAliveMs: number): Promise<{ toServer: Transport; toClient: Transport }> {
  const transports = new Transports(kind, keepAliveMs);
  let arrived = (_: Socket): void => {};
  const arrival = new Promise<Socket>((resolve) => {
    arrived = resolve;
  });
  const server = createServer({ pauseOnConnect: true }, (socket) => arrived(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const toServer = await new Promise<Transport>((resolve, reject) =>
    transports.connect({ hostname: '127.0.0.1', port, timeoutMs: 5_000 }, resolve, reject),
  );
  const toClient = transports.forClient(await arrival);
  ended.push(
    () => toServer.destroy(),
    () => toClient.destroy(),
    () => server.close(),
  );
  return { toServer, toClient };
}

describe.skipIf(process.platform !== 'linux').each(['direct', 'portable'] as const)('keep-alive of a %s transport', (kind) => {
  it('is on for connections to servers and to clients, from the configured idle time on', async () => {
    const { toServer, toClient } = await connected(kind, KEEP_ALIVE_MS);
    for (const { localPort, remotePort } of [toServer, toClient]) {
      const seconds = nextProbeSec(localPort, remotePort);
      expect(seconds).toBeGreaterThan(KEEP_ALIVE_MS / 1000 - 3);
      expect(seconds).toBeLessThanOrEqual(KEEP_ALIVE_MS / 1000);
    }
  });

  it('stays on when the socket goes over to TLS', async () => {
    const { toServer, toClient } = await connected(kind, KEEP_ALIVE_MS);
    for (const transport of [toServer, toClient]) {
      const { localPort, remotePort } = transport;
      const { socket } = transport.detach(Buffer.alloc(0));
      ended.push(() => socket.destroy());
      expect(nextProbeSec(localPort, remotePort)).not.toBeNull();
    }
  });

  it('is off with 0', async () => {
    const { toServer, toClient } = await connected(kind, 0);
    expect(nextProbeSec(toServer.localPort, toServer.remotePort)).toBeNull();
    expect(nextProbeSec(toClient.localPort, toClient.remotePort)).toBeNull();
  });
});

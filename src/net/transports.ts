import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { patientTimeout } from '../base/patient-timeout.js';
import { DirectTransport } from './direct-transport.js';
import { PortableTransport } from './portable-transport.js';
import { SlabGroup } from './slab-group.js';
import { streamWrap } from './stream-handle.js';
import type { DetachedSocket, Transport } from './transport.js';

export type TransportKind = 'direct' | 'portable';

/** Makes the transports of one process. The kind is chosen once, by `chooseTransportKind`. */
export class Transports {
  private readonly clientSlabs: SlabGroup | null;

  constructor(
    readonly kind: TransportKind,
    private readonly keepAliveMs: number,
    /** Number of the descriptor from which on connections to servers are given up as if there were none. */
    private readonly descriptorEnd = Number.POSITIVE_INFINITY,
  ) {
    this.clientSlabs = kind === 'direct' ? new SlabGroup() : null;
  }

  /** A transport over a connected plain socket that nobody has read from. */
  forClient(socket: Socket): Transport {
    this.tune(socket);
    return this.clientSlabs === null ? new PortableTransport(socket) : new DirectTransport(socket, this.clientSlabs);
  }

  /**
   * Connects to `hostname:port`, or to the Unix socket `hostname` when the port is 0. `onConnected` or `onFailed` is
   * called once; the returned function gives up (neither is called after that).
   */
  connect(target: ConnectTarget, onConnected: (transport: Transport) => void, onFailed: (cause: Error) => void): () => void {
    const socket =
      target.port === 0 ? connect({ path: target.hostname }) : connect({ host: target.hostname, port: target.port, noDelay: true });
    const cancelTimeout = patientTimeout(() => fail(new Error(`no connection within ${target.timeoutMs} ms`)), target.timeoutMs);
    let settled = false;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      cancelTimeout();
      socket.removeListener('error', fail);
      return true;
    };
    const fail = (cause: Error): void => {
      if (!settle()) return;
      socket.on('error', () => {});
      socket.destroy();
      onFailed(cause);
    };
    socket.on('error', fail);
    socket.pause();
    socket.once('connect', () => {
      if (descriptorOf(socket) >= this.descriptorEnd) fail(noDescriptor());
      if (!settle()) return;
      this.tune(socket);
      onConnected(this.forServer(socket));
    });
    return () => {
      if (!settle()) return;
      socket.on('error', () => {});
      socket.destroy();
    };
  }

  /** Result sets are bulk data: each server connection has its own slab. */
  private forServer(socket: Socket): Transport {
    if (this.kind === 'direct') return new DirectTransport(socket, new SlabGroup());
    const transport = new PortableTransport(socket);
    socket.resume();
    return transport;
  }

  private tune(socket: Socket): void {
    socket.setNoDelay(true);
    if (this.keepAliveMs > 0) socket.setKeepAlive(true, this.keepAliveMs);
  }
}

const descriptorOf = (socket: Socket): number => (socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;

const noDescriptor = (): Error => Object.assign(new Error('connect EMFILE: the last descriptors are kept'), { code: 'EMFILE' });

export interface ConnectTarget {
  readonly hostname: string;
  readonly port: number;
  readonly timeoutMs: number;
}

export type { SecureContext };

/** @throws when the PEM texts are not a certificate and its key. */
export function serverSecureContext(tls: { certificate: string; key: string; ca: string }): SecureContext {
  return createSecureContext({ cert: tls.certificate, key: tls.key, ca: tls.ca });
}

/** The server side of TLS over a client's socket. `onSecure` is called when the handshake is done, `onFailed` when it fails; one of them once. */
export function acceptTls(
  detached: DetachedSocket,
  secureContext: SecureContext,
  onSecure: (transport: Transport) => void,
  onFailed: (cause: Error) => void,
): () => void {
  const secure = new TLSSocket(detached.socket, { isServer: true, secureContext });
  return awaitSecure(secure, 'secure', detached.socket, onSecure, onFailed);
}

/** The client side of TLS over a connection to a server. */
export function startTls(
  detached: DetachedSocket,
  options: { readonly hostname: string; readonly ca: string | null; readonly cert: string | null; readonly key: string | null },
  onSecure: (transport: Transport) => void,
  onFailed: (cause: Error) => void,
): () => void {
  const secure = connectTls({
    socket: detached.socket,
    ...(options.ca === null
      ? { rejectUnauthorized: false }
      : { ca: options.ca, rejectUnauthorized: true, checkServerIdentity: () => undefined }),
    ...(options.cert === null ? {} : { cert: options.cert }),
    ...(options.key === null ? {} : { key: options.key }),
  });
  return awaitSecure(secure, 'secureConnect', detached.socket, onSecure, onFailed);
}

function awaitSecure(
  secure: TLSSocket,
  event: 'secure' | 'secureConnect',
  plain: Socket,
  onSecure: (transport: Transport) => void,
  onFailed: (cause: Error) => void,
): () => void {
  const fail = (cause?: Error): void => {
    secure.removeAllListeners();
    secure.on('error', () => {});
    secure.destroy();
    plain.destroy();
    onFailed(cause instanceof Error ? cause : new Error('TLS handshake ended by the peer'));
  };
  secure.once('error', fail);
  secure.once('close', fail);
  secure.once(event, () => {
    secure.removeListener('error', fail);
    secure.removeListener('close', fail);
    onSecure(new PortableTransport(secure));
  });
  return () => {
    secure.removeAllListeners();
    secure.on('error', () => {});
    secure.destroy();
    plain.destroy();
  };
}

/**
 * Sends 4 MiB both ways through two direct transports on loopback: enough that writes complete at once and later.
 * Anything unexpected within a second means *portable*. `WEIR_TRANSPORT=portable` skips the test.
 */
export async function chooseTransportKind(forced: string | undefined): Promise<TransportKind> {
  if (forced === 'portable' || forced === 'direct') return forced;
  try {
    streamWrap();
    return (await directTransportWorks()) ? 'direct' : 'portable';
  } catch {
    return 'portable';
  }
}

const SELF_TEST_BYTES = 4 * 1024 * 1024;
const SELF_TEST_CHUNK = 32 * 1024;

function directTransportWorks(): Promise<boolean> {
  return new Promise((resolve) => {
    const transports = new Transports('direct', 0);
    const server: Server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    const opened: Transport[] = [];
    const finish = (works: boolean): void => {
      resolve(works);
      cancelTimeout();
      for (const transport of opened) transport.destroy();
      server.close();
    };
    const cancelTimeout = patientTimeout(() => finish(false), 1_000);
    server.once('error', () => finish(false));
    server.on('connection', (socket) => {
      const transport = transports.forClient(socket);
      opened.push(transport);
      transport.sink = {
        onBytes: (buffer, start, end) => transport.write(buffer, start, end, transport),
        onDrain: () => {},
        onClose: () => {},
      };
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return finish(false);
      const target = { hostname: '127.0.0.1', port: address.port, timeoutMs: 1_000 };
      const connected = (transport: Transport): void => {
        opened.push(transport);
        checkEcho(transport, finish);
      };
      transports.connect(target, connected, () => finish(false));
    });
  });
}

function checkEcho(transport: Transport, finish: (works: boolean) => void): void {
  let received = 0;
  let intact = true;
  transport.sink = {
    onBytes(buffer, start, end) {
      for (let i = start; i < end; i += 997) intact = intact && buffer[i] === ((received + i - start) >>> 10) % 251;
      received += end - start;
      if (received === SELF_TEST_BYTES) finish(intact);
    },
    onDrain() {},
    onClose: () => finish(false),
  };
  for (let offset = 0; offset < SELF_TEST_BYTES; offset += SELF_TEST_CHUNK) {
    const chunk = Buffer.allocUnsafe(SELF_TEST_CHUNK);
    for (let i = 0; i < SELF_TEST_CHUNK; i++) chunk[i] = ((offset + i) >>> 10) % 251;
    transport.write(chunk, 0, SELF_TEST_CHUNK, null);
  }
}

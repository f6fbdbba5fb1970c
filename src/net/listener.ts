import type { SendHandle } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import * as net from 'node:net';
import { getSystemErrorName } from 'node:util';

/** Where to listen; port 0 takes any free one. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** A socket that is bound and that this process does not accept from: its handle goes to other processes, or to `accept`. */
export interface BoundListener {
  /** `host:port`, `[ipv6]:port` or a path; with the port that was given when 0 was asked for. */
  readonly address: string;
  readonly handle: SendHandle;
  close(): void;
}

/** An address can not be listened on; the message names it. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  constructor(
    readonly address: string,
    readonly code: string,
    cause: string,
  ) {
    super(`can not listen on ${address}: ${cause}`);
  }
}

/** What libuv's TCP and Pipe handles offer of what is used here; node:cluster shares sockets in the same way. */
interface NativeHandle {
  close(): void;
  getsockname?(out: { address?: string; port?: number }): number;
}
type CreateServerHandle = (address: string, port: number, addressType: 4 | 6 | -1) => NativeHandle | number;
const createServerHandle = (net as unknown as { _createServerHandle: CreateServerHandle })._createServerHandle;

/**
 * Binds an address without accepting. A net.Server would accept in this process too; a bare handle does not, and the socket
 * survives as long as any process has it. A Unix socket that nobody listens on any more is replaced.
 * @throws ListenError
 */
export async function bindListener(address: ListenAddress): Promise<BoundListener> {
  return address.kind === 'unix' ? bindUnix(address.path) : bindTcp(address.host, address.port);
}

async function bindTcp(host: string, port: number): Promise<BoundListener> {
  const text = tcpText(host, port);
  const ip = await resolveHost(text, host);
  const handle = createServerHandle(ip.address, port, ip.family === 6 ? 6 : 4);
  if (typeof handle === 'number') throw listenError(text, handle);
  // libuv holds back EADDRINUSE of a bind until the socket is used.
  const name: { address?: string; port?: number } = {};
  const error = handle.getsockname?.(name) ?? 0;
  if (error !== 0) {
    handle.close();
    throw listenError(text, error);
  }
  return { address: tcpText(host, name.port ?? port), handle: handle as unknown as SendHandle, close: () => handle.close() };
}

const tcpText = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

async function resolveHost(text: string, host: string): Promise<{ readonly address: string; readonly family: number }> {
  if (net.isIP(host) !== 0) return { address: host, family: net.isIP(host) };
  try {
    return await lookup(host);
  } catch (error) {
    throw new ListenError(text, 'ENOTFOUND', `the name ${host} does not resolve (${(error as Error).message})`);
  }
}

async function bindUnix(path: string): Promise<BoundListener> {
  if (await isStaleSocket(path)) unlinkSync(path);
  const handle = createServerHandle(path, -1, -1);
  if (typeof handle === 'number') throw listenError(path, handle);
  // Who may connect is decided by accounts, as on a server.
  chmodSync(path, 0o777);
  return { address: path, handle: handle as unknown as SendHandle, close: () => handle.close() };
}

/** A socket file whose process is gone refuses connections. */
function isStaleSocket(path: string): Promise<boolean> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = net.connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

function listenError(address: string, errno: number): ListenError {
  const code = getSystemErrorName(errno);
  const cause =
    code === 'EADDRINUSE'
      ? 'the address is in use by another process (EADDRINUSE)'
      : code === 'EADDRNOTAVAIL'
        ? 'this machine has no such address (EADDRNOTAVAIL)'
        : code === 'EACCES'
          ? 'permission denied (EACCES)'
          : code;
  return new ListenError(address, code, cause);
}

import * as net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { ListenError } from './listener.js';

/** Accepts from a bound socket. */
export interface AcceptingServer {
  /** Accepts no more; connections that exist go on. The socket itself lives on in other processes. */
  close(): void;
}

/** A connection that the kernel has handed over. As yet it costs a descriptor and next to nothing else. */
export interface AcceptedClient {
  /** Number of its descriptor, the lowest that was free; -1 where the system does not tell. */
  readonly descriptor: number;
  /** Makes the socket, without having read from it; called at most once. */
  open(): net.Socket;
  /** Sends `bytes`, if they fit into the kernel's buffer, and closes at once: when this returns, the descriptor is free again. */
  turnAway(bytes: Uint8Array | null): void;
}

export interface AcceptListener {
  onClient(client: AcceptedClient): void;
  /** A connection could not be accepted; `code` is that of the system, EMFILE or ECONNABORTED for example. Accepting goes on. */
  onError(code: string): void;
}

/** What libuv's TCP and Pipe handles offer of what is used here. */
interface ServerHandle {
  onconnection?: (status: number, client: ClientHandle | undefined) => void;
}
interface ClientHandle {
  readonly fd?: number;
}

/**
 * Connections that wait to be accepted (bounded by net.core.somaxconn, 4096 by default). One that finds no room tries again a second
 * later: a storm should find room.
 */
const BACKLOG = 4096;

/**
 * Accepts from a handle of `bindListener`, in this process or in one that received it by IPC.
 *
 * The kernel may hand over a whole backlog at once. A net.Server makes a socket of each before anything else has its turn, and
 * ends the process for an error that nobody listens to; this one leaves both to the listener.
 * @throws ListenError when the socket can not be listened on
 */
export function accept(handle: unknown, address: string, listener: AcceptListener): Promise<AcceptingServer> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: false });
    const onEarlyError = (error: NodeJS.ErrnoException): void => reject(new ListenError(address, error.code ?? '', error.message));
    server.once('error', onEarlyError);
    server.listen(handle, BACKLOG, () => {
      server.removeListener('error', onEarlyError);
      takeOver(server, listener);
      resolve({ close: () => server.close() });
    });
  });
}

function takeOver(server: net.Server, listener: AcceptListener): void {
  server.on('error', (error: NodeJS.ErrnoException) => listener.onError(error.code ?? error.message));
  const handle = (server as unknown as { _handle: ServerHandle | null })._handle;
  if (typeof handle?.onconnection !== 'function') {
    server.on('connection', (socket) => listener.onClient(acceptedSocket(socket)));
    return;
  }
  handle.onconnection = (status, client) => {
    if (status === 0 && client !== undefined) listener.onClient(acceptedHandle(client));
    else listener.onError(getSystemErrorName(status));
  };
}

function acceptedHandle(handle: ClientHandle): AcceptedClient {
  const open = (): net.Socket => new net.Socket({ handle, allowHalfOpen: false, pauseOnCreate: true } as never);
  return { descriptor: handle.fd ?? -1, open, turnAway: (bytes) => turnAway(open(), bytes) };
}

function acceptedSocket(socket: net.Socket): AcceptedClient {
  const { fd } = (socket as unknown as { _handle: ClientHandle | null })._handle ?? {};
  return { descriptor: fd ?? -1, open: () => socket, turnAway: (bytes) => turnAway(socket, bytes) };
}

/** A write of a few bytes to a fresh connection goes to the kernel at once, and the kernel sends it also after the close. */
function turnAway(socket: net.Socket, bytes: Uint8Array | null): void {
  socket.on('error', () => undefined);
  if (bytes !== null) socket.write(bytes);
  socket.destroy();
}

import { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';

/** The part of a libuv stream handle that the direct transport uses. The same on Node 20, 22, 24 and 26. */
export interface StreamHandle {
  onread: (() => undefined) | undefined;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  writeBuffer(request: WriteRequest, buffer: Uint8Array): number;
}

export interface WriteRequest {
  oncomplete: ((status: number) => void) | null;
  /** Keeps the bytes alive while the kernel owns them. */
  buffer: Uint8Array | null;
}

interface StreamWrapBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array | Float64Array | Uint32Array;
  readonly kReadBytesOrError: number;
  readonly kLastWriteWasAsync: number;
}

/** Access to the stream handles of this Node version, checked once by the self-test before it is relied on. */
export interface StreamWrap {
  readonly state: ArrayLike<number>;
  readonly readBytesOrError: number;
  readonly lastWriteWasAsync: number;
  /** UV_EOF. */
  readonly endOfFile: number;
  newRequest(): WriteRequest;
  handleOf(socket: Socket): StreamHandle;
  errorOf(code: number, call: string): Error;
  /** A plain socket over the same handle, with `unread` bytes waiting in it. */
  rewrap(socket: Socket, unread: Uint8Array): Socket;
}

const UV_EOF = -4095;

let loaded: StreamWrap | null = null;

export function streamWrap(): StreamWrap {
  if (loaded === null) loaded = load();
  return loaded;
}

function load(): StreamWrap {
  const binding = (process as unknown as { binding(name: string): StreamWrapBinding }).binding('stream_wrap');
  const { WriteWrap, streamBaseState, kReadBytesOrError, kLastWriteWasAsync } = binding;
  if (typeof WriteWrap !== 'function' || streamBaseState === undefined) throw new Error('stream_wrap is not what it was');
  return {
    state: streamBaseState,
    readBytesOrError: kReadBytesOrError,
    lastWriteWasAsync: kLastWriteWasAsync,
    endOfFile: UV_EOF,
    newRequest: () => new WriteWrap(),
    handleOf: (socket) => {
      const handle = (socket as unknown as { _handle: StreamHandle | null })._handle;
      if (!handle || typeof handle.useUserBuffer !== 'function') throw new Error('socket has no usable stream handle');
      return handle;
    },
    errorOf: streamError,
    rewrap,
  };
}

function streamError(code: number, call: string): Error {
  const name = getSystemErrorName(code);
  return Object.assign(new Error(`${call} ${name}`), { code: name, errno: code, syscall: call });
}

/** Takes the handle out of `socket` (which forgets it) and gives it to a new one whose reads start from scratch. */
function rewrap(socket: Socket, unread: Uint8Array): Socket {
  const owner = socket as unknown as { _handle: unknown };
  const handle = owner._handle;
  owner._handle = null;
  const fresh = new Socket({ handle, allowHalfOpen: false } as never);
  socket.destroy();
  if (unread.length > 0) fresh.unshift(Buffer.from(unread));
  return fresh;
}

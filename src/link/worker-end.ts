import { dispatch, type Handlers } from './dispatch.js';
import type { ToMain, ToWorker } from './messages.js';

/** The process side of the IPC channel in a forked worker; `process` has this shape. */
export interface WorkerChannel {
  readonly connected?: boolean;
  send?(message: ToMain, handle: undefined, options: undefined, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

/** What a worker does with each message. `handle` is the socket of `listen`, undefined with all others. */
export type WorkerHandlers = Handlers<ToWorker, [handle: unknown]>;

/**
 * The worker's end of the link. When the control process is gone, messages are dropped and the worker goes on with what it has;
 * `onOrphaned` is then called once.
 */
export class WorkerEnd {
  readonly #channel: WorkerChannel;

  constructor(channel: WorkerChannel, handlers: WorkerHandlers, onOrphaned: () => void, onUnknown: (type: string) => void) {
    this.#channel = channel;
    channel.on('message', (message, handle) => {
      const known = message as ToWorker;
      if (!dispatch(handlers, known, handle)) onUnknown(String(known.type));
    });
    channel.on('disconnect', onOrphaned);
  }

  /** False once the control process is gone. */
  get connected(): boolean {
    return this.#channel.connected === true;
  }

  /** Sends in order; a message for a control process that is gone is lost, as it has nobody to answer it. */
  send(message: ToMain): void {
    if (this.connected) this.#channel.send?.(message, undefined, undefined, () => undefined);
  }
}

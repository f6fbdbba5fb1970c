import type { SendHandle } from 'node:child_process';
import { dispatch, type Handlers } from './dispatch.js';
import type { ToMain, ToWorker } from './messages.js';

/** What the control process needs of a forked child; `ChildProcess` has this shape. */
export interface WorkerProcess {
  readonly pid?: number | undefined;
  readonly connected: boolean;
  send(message: ToWorker, handle: SendHandle | undefined, options: undefined, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  kill(signal?: NodeJS.Signals): boolean;
}

export type MainHandlers = Handlers<ToMain>;

/** The control process's end of the link to one worker process. */
export class MainEnd {
  readonly #process: WorkerProcess;

  constructor(process: WorkerProcess, handlers: MainHandlers, onExit: (cause: string) => void, onUnknown: (type: string) => void) {
    this.#process = process;
    process.on('message', (message) => {
      const known = message as ToMain;
      if (!dispatch(handlers, known)) onUnknown(String(known.type));
    });
    process.on('exit', (code, signal) => onExit(signal ? `signal ${signal}` : `exit code ${code}`));
    process.on('error', (error) => {
      // A process that could not be started has no exit event.
      if (process.pid === undefined) onExit(`could not be started: ${error.message}`);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Sends in order. A message to a worker that is going away is lost; its exit event follows. */
  send(message: ToWorker, handle?: SendHandle): void {
    if (this.#process.connected) this.#process.send(message, handle, undefined, () => undefined);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}

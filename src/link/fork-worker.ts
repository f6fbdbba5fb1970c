import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WorkerProcess } from './main-end.js';

/** Forks `node SCRIPT WORKER` with the link as its IPC channel; its stdout and stderr are those of the control process. */
export function forkWorker(script: URL, worker: number): WorkerProcess {
  return fork(fileURLToPath(script), [String(worker)], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  }) as WorkerProcess;
}

import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Workers outlive a control process that dies and keep the ports. The file of their process ids lets the next control process ask
 * them to leave.
 */
export class WorkerPidFile {
  constructor(
    private readonly path: string,
    private readonly workerScript: string,
  ) {}

  /** Notes the workers that run now. A file that can not be written is no reason to stop. */
  write(pids: readonly number[]): void {
    try {
      writeFileSync(this.path, pids.map((pid) => `${pid}\n`).join(''), { mode: 0o600 });
    } catch {
      // Without the file, a restart after a crash finds the port in use and says so.
    }
  }

  /** Asks workers that a dead control process left behind to stop: they close their sockets at once and drain. Answers their ids. */
  dismissOrphans(): number[] {
    const orphans = this.#noted().filter((pid) => this.#isWorker(pid));
    for (const pid of orphans) process.kill(pid, 'SIGTERM');
    return orphans;
  }

  #noted(): number[] {
    try {
      return readFileSync(this.path, 'utf8')
        .split('\n')
        .map(Number)
        .filter((pid) => pid > 1);
    } catch {
      return [];
    }
  }

  /** Process ids are used again: only a process that runs the worker's script, and is nobody's worker any more, is meant. */
  #isWorker(pid: number): boolean {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const parent = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
      return command.includes(this.workerScript) && !parentIsWeir(parent, this.workerScript);
    } catch {
      return false;
    }
  }
}

/** A worker whose parent is a living control process belongs to it. */
function parentIsWeir(parent: number, workerScript: string): boolean {
  const mainScript = workerScript.replace(/worker\.js$/, 'main.js');
  const command = readFileSync(`/proc/${parent}/cmdline`, 'utf8').split('\0');
  return command.some((word) => word === mainScript || word.endsWith('/main.js') || word.endsWith('/weir'));
}

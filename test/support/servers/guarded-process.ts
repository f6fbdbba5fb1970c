import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { findProgram } from './locate.js';

const living = new Set<GuardedProcess>();
let isHooked = false;

/**
 * A program that does not outlive this one: killed on exit, and by the kernel (`setpriv --pdeathsig`, where it exists)
 * when this process is killed itself. Its own process group: Ctrl-C reaches it only through its owner.
 */
export class GuardedProcess {
  readonly pid: number;
  readonly exited: Promise<void>;
  private isRunning = true;
  private readonly child: ChildProcess;

  /**
   * @param logFile takes stdout and stderr, appended
   * @param directory removed when this process exits while the program runs
   * @throws when the program can not be started
   */
  constructor(
    program: string,
    args: readonly string[],
    readonly logFile: string,
    readonly directory: string,
  ) {
    const [command, ...fullArgs] = [...deathSignalPrefix('KILL'), program, ...args];
    const log = openSync(logFile, 'a');
    this.child = spawn(command!, fullArgs, { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.exited = new Promise((resolve) => {
      this.child.once('exit', () => this.ended(resolve));
      this.child.once('error', () => this.ended(resolve));
    });
    if (this.child.pid === undefined) throw new Error(`${program} could not be started`);
    this.pid = this.child.pid;
    living.add(this);
    hookExit();
  }

  get running(): boolean {
    return this.isRunning;
  }

  signal(name: NodeJS.Signals): void {
    if (this.isRunning) this.child.kill(name);
  }

  /** SIGTERM, and SIGKILL when that takes longer than `graceMs`. */
  async terminate(graceMs: number): Promise<void> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** The last lines of the log, for error texts. */
  logTail(lines = 25): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  private ended(resolve: () => void): void {
    this.isRunning = false;
    living.delete(this);
    resolve();
  }
}

function hookExit(): void {
  if (isHooked) return;
  isHooked = true;
  process.once('exit', () => {
    for (const guarded of living) {
      guarded.signal('SIGKILL');
      rmSync(guarded.directory, { recursive: true, force: true });
    }
  });
}

let setprivProgram: string | null | undefined;

/** Words to put in front of a command so that the kernel sends it `signal` when its starter dies; empty where that is not to be had. */
export function deathSignalPrefix(signal: 'KILL' | 'TERM'): readonly string[] {
  setprivProgram ??= process.platform === 'linux' ? findProgram(['setpriv']) : null;
  return setprivProgram === null ? [] : [setprivProgram, '--pdeathsig', signal, '--'];
}

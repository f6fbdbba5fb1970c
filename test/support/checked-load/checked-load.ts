import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sleep, until } from '../statements.js';
import type { FromLoad, Ledger, LoadOptions, LoadReport, Permit, ToLoad } from './messages.js';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const START_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 60_000;
const POLL_MS = 25;

export interface LoadResult {
  readonly report: LoadReport;
  readonly ledger: Ledger;
}

/** Clients in a process of their own that read, write and run transactions through weir, and check every answer. */
export class CheckedLoad {
  private latest: LoadReport | null = null;
  private phase = 0;
  private readonly result: Promise<LoadResult>;

  private constructor(private readonly child: ChildProcess) {
    this.result = new Promise((resolve, reject) => {
      child.on('message', (message: FromLoad) => {
        this.latest = message.report;
        if (message.kind === 'ended') resolve(message);
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`the process of the load ended by itself (${signal ?? code})`)));
    });
    this.result.catch(() => {});
  }

  /** Resolves when every client has gone through all its statements without trouble once. */
  static async start(options: LoadOptions): Promise<CheckedLoad> {
    const child = fork(MAIN, [], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const load = new CheckedLoad(child);
    const startedMs = Date.now();
    load.tell({ kind: 'start', options });
    try {
      await until('the load being whole', () => load.latest !== null && load.isWholeSince(startedMs), START_TIMEOUT_MS);
    } catch (error) {
      const violations = load.latest?.violations.join('\n') ?? 'it told nothing';
      child.kill('SIGKILL');
      throw new Error(`${(error as Error).message}: ${violations}`);
    }
    return load;
  }

  /** The latest report, at most 100 ms old on an idle machine. */
  get now(): LoadReport {
    if (this.latest === null) throw new Error('the load has not reported yet');
    return this.latest;
  }

  reads(server: number): number {
    return this.now.readsBy[server] ?? 0;
  }

  writes(server: number): number {
    return this.now.writesBy[server] ?? 0;
  }

  /** Every client has done, without trouble, all its kinds of statements since then, and nobody has trouble now. */
  isWholeSince(sinceMs: number): boolean {
    const { wholeSinceMs, lastTroubleMs } = this.now;
    return wholeSinceMs >= sinceMs && wholeSinceMs > lastTroubleMs;
  }

  /** Waits until traffic is whole that began after `sinceMs`. Resolves to how long the trouble lasted from `sinceMs` on, ms. @throws after `timeoutMs` */
  async wholeAfter(sinceMs: number, timeoutMs: number): Promise<number> {
    const deadline = Date.now() + timeoutMs;
    while (!this.isWholeSince(sinceMs)) {
      if (Date.now() > deadline) throw new Error(`traffic was not whole within ${timeoutMs} ms: ${this.describe()}`);
      await sleep(POLL_MS);
    }
    return Math.max(0, this.now.lastTroubleMs - sinceMs);
  }

  permit(permit: Permit): void {
    this.tell({ kind: 'permit', permit });
  }

  /** Counts errors and violations anew from here on. */
  async enterPhase(): Promise<void> {
    this.phase += 1;
    this.tell({ kind: 'phase', phase: this.phase });
    await until('the load entering a phase', () => this.now.phase === this.phase);
  }

  /** Resolves when no client has a statement under way or a transaction open. */
  async pause(): Promise<void> {
    this.tell({ kind: 'pause' });
    await until('the load pausing', () => this.now.isPaused, END_TIMEOUT_MS);
  }

  async resume(): Promise<void> {
    this.tell({ kind: 'resume' });
    await until('the load going on', () => !this.now.isPaused);
  }

  /** Lets every client end what it does. */
  async stop(): Promise<LoadResult> {
    this.tell({ kind: 'stop' });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_TIMEOUT_MS);
    try {
      return await this.result;
    } finally {
      clearTimeout(timer);
    }
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  describe(): string {
    const { done, tolerated, violations, samples, readsBy, writesBy, atMs, lastTroubleMs, wholeSinceMs } = this.now;
    const ages = { reported: Date.now() - atMs, trouble: Date.now() - lastTroubleMs, whole: Date.now() - wholeSinceMs };
    return [JSON.stringify({ done, tolerated, readsBy, writesBy, msAgo: ages }), ...samples, ...violations].join('\n');
  }

  private tell(message: ToLoad): void {
    if (this.child.connected) this.child.send(message);
  }
}

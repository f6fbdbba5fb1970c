import type { Logger } from '../../base/log.js';
import { LogLimit } from '../../base/log-limit.js';
import { type ProgramResult, type RunningProgram, runProgram } from '../../base/program.js';
import { type RecordedEvent, timeText } from './event.js';

export interface HookSettings {
  /** mysql-event_hook; '' for none. */
  readonly filename: string;
  /** mysql-event_hook_timeout_ms. */
  readonly timeoutMs: number;
}

/** Runs at the same time. */
const MOST_RUNNING = 4;
/** Events that wait for a run; further ones get none. */
export const MOST_WAITING = 1_000;
/** Lines of the log a minute about runs that failed, and about such that were left out. */
const LINES_A_MINUTE = 10;
const MINUTE_MS = 60_000;

/** What a hook program is called with. */
export function hookArguments(event: RecordedEvent): string[] {
  const { kind, server, hostgroups, from, to, reason } = event;
  return [kind, server, hostgroups.join(','), from, to, reason, timeText(event)];
}

/** Runs the hook program for each event: several at the same time, never two for one server, whose events come in their order. */
export class EventHook {
  readonly totals = { ok: 0, failed: 0, left_out: 0 };
  readonly #settings: () => HookSettings;
  readonly #log: Logger;
  readonly #failures = new LogLimit(LINES_A_MINUTE, MINUTE_MS, () => performance.now());
  readonly #omissions = new LogLimit(1, MINUTE_MS, () => performance.now());
  /** By server. */
  readonly #running = new Map<string, RunningProgram>();
  #waiting: RecordedEvent[] = [];
  #stopped = false;

  constructor(settings: () => HookSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  onEvent(event: RecordedEvent): void {
    if (this.#stopped || this.#settings().filename === '') return;
    if (this.#waiting.length >= MOST_WAITING) {
      this.#leaveOut();
      return;
    }
    this.#waiting.push(event);
    this.#startNext();
  }

  /** Ends every run under way, and begins no other; resolves when they have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting = [];
    await Promise.all(
      Array.from(this.#running.values(), (program) => {
        program.end();
        return program.result;
      }),
    );
  }

  #startNext(): void {
    const { filename, timeoutMs } = this.#settings();
    if (filename === '') this.#waiting = [];
    while (this.#running.size < MOST_RUNNING) {
      const index = this.#waiting.findIndex(({ server }) => !this.#running.has(server));
      if (index === -1) return;
      this.#run(this.#waiting.splice(index, 1)[0]!, filename, timeoutMs);
    }
  }

  #run(event: RecordedEvent, filename: string, timeoutMs: number): void {
    const begunMs = performance.now();
    const program = runProgram({ filename, args: hookArguments(event), timeoutMs, timeoutVariable: 'mysql-event_hook_timeout_ms' });
    this.#running.set(event.server, program);
    void program.result.then((result) => {
      this.#running.delete(event.server);
      this.#tell(event, filename, result, Math.round(performance.now() - begunMs));
      this.#startNext();
    });
  }

  #tell({ kind, server }: RecordedEvent, hook: string, result: ProgramResult, durationMs: number): void {
    const { error, stdout, stderr } = result;
    const fields = { hook, event: kind, server, durationMs, stdout, stderr };
    if (error === null) {
      this.totals.ok++;
      this.#log.debug(fields, 'event hook ended');
      return;
    }
    this.totals.failed++;
    const leftOut = this.#failures.pass();
    if (leftOut !== null) this.#log.warn({ ...fields, error, ...(leftOut > 0 ? { notLogged: leftOut } : {}) }, 'event hook failed');
  }

  #leaveOut(): void {
    this.totals.left_out++;
    const before = this.#omissions.pass();
    if (before === null) return;
    this.#log.warn({ waiting: MOST_WAITING, leftOut: before + 1 }, 'events come faster than the event hook ends; some get no run');
  }
}

import type { LoadReport, Permit, StatementKind, Tolerated } from './messages.js';

const KEPT_VIOLATIONS = 15;
const KEPT_SAMPLES = 3;
const NONE_TOLERATED: Readonly<Record<Tolerated, number>> = { transactionLost: 0, fateUnknown: 0, notExecuted: 0, readByPrimary: 0 };

/** All that the clients of the load count together. */
export class Tally {
  readonly done: Record<StatementKind, number> = { read: 0, preparedRead: 0, write: 0, preparedWrite: 0, transaction: 0 };
  tolerated: Record<Tolerated, number> = { ...NONE_TOLERATED };
  readonly readsBy: Record<string, number> = {};
  readonly writesBy: Record<string, number> = {};
  violations: string[] = [];
  violationCount = 0;
  slowestReadMs = 0;
  lastTroubleMs = 0;
  lastReadTroubleMs = 0;
  private phase = 0;
  private samples: string[] = [];

  constructor(public permit: Permit) {}

  enterPhase(phase: number): void {
    this.phase = phase;
    this.tolerated = { ...NONE_TOLERATED };
    this.samples = [];
    this.violations = [];
    this.violationCount = 0;
    this.slowestReadMs = 0;
  }

  violate(text: string): void {
    this.violationCount += 1;
    if (this.violations.length < KEPT_VIOLATIONS) this.violations.push(`${new Date().toISOString()} ${text}`);
  }

  tolerate(kind: Tolerated, text: string): void {
    this.tolerated[kind] += 1;
    if (this.tolerated[kind] <= KEPT_SAMPLES) this.samples.push(`${kind}: ${text}`);
  }

  /** A statement was executed by `server`; `before` is what was permitted when it began. */
  executed(what: 'reads' | 'writes', server: number, before: Permit, describe: () => string): void {
    const by = what === 'reads' ? this.readsBy : this.writesBy;
    by[server] = (by[server] ?? 0) + 1;
    if (this.permit[what].includes(server) || before[what].includes(server)) return;
    const text = `${describe()} ran on server ${server}; permitted are ${this.permit[what].join(', ')}`;
    if (what === 'reads' && this.permit.writes.includes(server)) this.tolerate('readByPrimary', text);
    else this.violate(`wrong server: ${text}`);
  }

  trouble(isRead: boolean, atMs: number): void {
    this.lastTroubleMs = Math.max(this.lastTroubleMs, atMs);
    if (isRead) this.lastReadTroubleMs = Math.max(this.lastReadTroubleMs, atMs);
  }

  report(wholeSinceMs: number, isPaused: boolean): LoadReport {
    const {
      done,
      phase,
      tolerated,
      samples,
      readsBy,
      writesBy,
      violations,
      violationCount,
      slowestReadMs,
      lastTroubleMs,
      lastReadTroubleMs,
    } = this;
    return {
      ...{ atMs: Date.now(), done, phase, tolerated, samples, readsBy, writesBy, violations, violationCount },
      ...{ slowestReadMs, lastTroubleMs, lastReadTroubleMs, wholeSinceMs, isPaused },
    };
  }
}

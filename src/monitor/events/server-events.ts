import type { Logger } from '../../base/log.js';
import { integerValue, textValue, type VariableValues } from '../../config/variables.js';
import { TimedLog, type TimedLogPart } from '../timed-log.js';
import { type EventKind, eventKinds, type RecordedEvent, type ServerEvent } from './event.js';
import { EventHook } from './event-hook.js';
import { logEvent } from './event-line.js';
import { WorkerEvents } from './worker-events.js';

/** Kept at most, whatever mysql-monitor_history says: some 5 MB. */
export const MOST_EVENTS = 10_000;
/** Texts of servers can be long; more than this of a reason helps nobody. */
const LONGEST_REASON_CHARACTERS = 1_000;

export interface EventTotal {
  readonly kind: EventKind;
  readonly to: string;
  readonly count: number;
}

/** Tells of each event once: a line of the log, a count, a row of monitor.weir_events, and a run of the hook program. */
export class ServerEvents {
  readonly #log: Logger;
  readonly #variables: () => VariableValues;
  readonly #nowMs: () => number;
  readonly #kept = new TimedLog<RecordedEvent>(MOST_EVENTS, (event) => event.timeMs * 1000);
  /** Every kind with every state from the start, so that the first event is an increase too. */
  readonly #totals = new Map(
    Object.entries(eventKinds).flatMap(([kind, states]) => states.map((to): [string, EventTotal] => [`${kind} ${to}`, totalOf(kind, to)])),
  );
  readonly #workers = new WorkerEvents();
  readonly #hook: EventHook;

  /** @param variables as they are when an event comes */
  constructor(log: Logger, variables: () => VariableValues, nowMs: () => number = Date.now) {
    this.#log = log;
    this.#variables = variables;
    this.#nowMs = nowMs;
    const settings = () => ({
      filename: textValue(variables(), 'mysql-event_hook'),
      timeoutMs: integerValue(variables(), 'mysql-event_hook_timeout_ms'),
    });
    this.#hook = new EventHook(settings, log);
  }

  record(events: readonly ServerEvent[]): void {
    const recorded = events.map((event) => this.#keep(event));
    // Starting a program takes time: everything is told of before.
    for (const event of recorded) this.#hook.onEvent(event);
  }

  workerDied(worker: number, cause: string, restartInMs: number): void {
    this.record([this.#workers.died(worker, cause, restartInMs)]);
  }

  /** After each start of a worker. */
  workerRuns(worker: number): void {
    const event = this.#workers.running(worker);
    if (event !== null) this.record([event]);
  }

  /** Events within mysql-monitor_history with a number above `number`; they are counted from 1. */
  since(number: number): TimedLogPart<RecordedEvent> {
    this.#forgetOld();
    return this.#kept.since(number);
  }

  totals(): EventTotal[] {
    return [...this.#totals.values()];
  }

  hookTotals(): EventHook['totals'] {
    return this.#hook.totals;
  }

  /** Ends runs of the hook program. */
  stop(): Promise<void> {
    return this.#hook.stop();
  }

  #keep(event: ServerEvent): RecordedEvent {
    const recorded = { ...event, reason: shortened(event.reason), timeMs: this.#nowMs() };
    logEvent(this.#log, recorded);
    const name = `${event.kind} ${event.to}`;
    const total = this.#totals.get(name) ?? totalOf(event.kind, event.to);
    this.#totals.set(name, { ...total, count: total.count + 1 });
    this.#forgetOld();
    this.#kept.add(recorded);
    return recorded;
  }

  #forgetOld(): void {
    this.#kept.forgetBefore((this.#nowMs() - integerValue(this.#variables(), 'mysql-monitor_history')) * 1000);
  }
}

const totalOf = (kind: string, to: string): EventTotal => ({ kind: kind as EventKind, to, count: 0 });

/** A NUL byte can not be passed to a program. */
function shortened(reason: string): string {
  const text = reason.replaceAll('\0', '');
  return text.length > LONGEST_REASON_CHARACTERS ? `${text.slice(0, LONGEST_REASON_CHARACTERS)}…` : text;
}

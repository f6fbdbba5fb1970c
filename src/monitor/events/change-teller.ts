import type { Logger } from '../../base/log.js';
import { reportDetails } from '../change-report.js';
import { conflictEvents } from './conflict-events.js';
import type { ServerEvent } from './event.js';
import { hostEvents, type Situation } from './host-events.js';

/**
 * Makes events of what changes, each once. Servers that nobody has looked at yet stand as configured for a moment; what is found by the
 * first looks is told of when they have ended, so that what only seemed to be is no event.
 */
export class ChangeTeller {
  readonly #log: Logger;
  readonly #onEvents: (events: readonly ServerEvent[]) => void;
  #told: Situation;
  #now: Situation;
  /** First looks under way. */
  #looks = 0;

  constructor(log: Logger, onEvents: (events: readonly ServerEvent[]) => void, begin: Situation) {
    this.#log = log;
    this.#onEvents = onEvents;
    this.#told = begin;
    this.#now = begin;
  }

  now(situation: Situation): void {
    this.#now = situation;
    if (this.#looks === 0) this.#tell();
  }

  /** What changes until these have ended is told of then. */
  async afterFirst(looks: readonly (Promise<unknown> | undefined)[]): Promise<void> {
    if (looks.length === 0) return;
    this.#looks++;
    try {
      await Promise.all(looks);
    } finally {
      this.#looks--;
      if (this.#looks === 0) this.#tell();
    }
  }

  #tell(): void {
    const [before, after] = [this.#told, this.#now];
    this.#told = after;
    const isOther = after.table !== before.table;
    const events = [...(isOther ? hostEvents(before, after) : []), ...conflictEvents(before.conflicts, after.conflicts)];
    if (isOther) reportDetails(this.#log, before.table, after.table);
    if (events.length > 0) this.#onEvents(events);
  }
}

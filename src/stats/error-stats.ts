import type { ErrorDelta } from './digest-delta.js';
import type { DigestScope } from './digest-stats.js';

/** Kinds of errors that wait for the control process at most; further kinds are counted in `forgotten`. */
const MAX_KINDS = 10_000;
/** Longest text of an error that is kept. */
const LONGEST_TEXT = 512;

export interface ErrorPlace {
  readonly hostgroup: number;
  readonly hostname: string;
  readonly port: number;
}

/** An error of weir itself. */
export const NO_PLACE: ErrorPlace = { hostgroup: -1, hostname: '', port: 0 };

type Counted = { -readonly [Key in keyof ErrorDelta]: ErrorDelta[Key] };

/** Errors answered to the clients of one worker, by place, user, schema and number; handed over at each drain. */
export class ErrorStats {
  #counted = new Map<string, Counted>();
  forgotten = 0;

  /** `nowSec` since the epoch. */
  record(place: ErrorPlace, scope: DigestScope, clientAddress: string, errno: number, text: string, nowSec: number): void {
    const { hostgroup, hostname, port } = place;
    const { username, schemaname } = scope;
    const key = `${hostgroup} ${hostname}:${port} ${errno} ${username}\0${schemaname}`;
    const known = this.#counted.get(key);
    const lastError = text.slice(0, LONGEST_TEXT);
    if (known !== undefined) {
      known.count++;
      known.lastSeen = nowSec;
      known.lastError = lastError;
      known.clientAddress = clientAddress;
    } else if (this.#counted.size >= MAX_KINDS) {
      this.forgotten++;
    } else {
      const moment = { firstSeen: nowSec, lastSeen: nowSec };
      this.#counted.set(key, { hostgroup, hostname, port, username, clientAddress, schemaname, errno, count: 1, ...moment, lastError });
    }
  }

  drain(): ErrorDelta[] {
    const all = [...this.#counted.values()];
    this.#counted = new Map();
    return all;
  }
}

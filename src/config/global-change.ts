import type { ServerKey } from '../base/ids.js';

/** A statement of a client has changed a global variable of a server: sessions that log in from then on begin with another value. */
export interface GlobalChange {
  readonly server: ServerKey;
  /** Lower case; '' where it is not known which variables have changed. */
  readonly name: string;
  /** Sessions have values of their own; else all see the new one at once. */
  readonly isOfSessions: boolean;
  /** What sessions from before go on with; null: not known, or nothing that a session could set. */
  readonly before: string | null;
  /** What sessions begin with from now on; null: as `before`. */
  readonly after: string | null;
}

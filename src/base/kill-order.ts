import type { ConnectionId } from './ids.js';

/** A KILL, on its way to the worker or the workers that can do it. */
export interface KillOrder {
  readonly target: KilledConnection | KilledUser;
  /** The statement that is under way, not the session. */
  readonly queryOnly: boolean;
  /** Only sessions of this user; null: of all. */
  readonly username: string | null;
}

export interface KilledConnection {
  readonly connection: ConnectionId;
}

/** MariaDB's KILL USER. */
export interface KilledUser {
  readonly user: string;
  /** The address of the client; null: any. */
  readonly host: string | null;
  /** Who asks: counted, and left to end itself once it is answered. */
  readonly asker: ConnectionId;
}

/** How many sessions were killed, or why the one that was named was not. */
export type KillAnswer = number | 'unknown' | 'denied';

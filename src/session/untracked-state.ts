import type { BackendConnection, ReplyReceiver } from '../backend/backend-connection.js';
import { ROLE } from '../backend/connection-state.js';
import type { LoggedIn } from '../backend/login/server-login.js';
import type { ServerError } from '../base/errors.js';
import { Capability, has } from '../protocol/constants.js';
import { readErr } from '../protocol/packets/err.js';
import type { SessionStateEntry } from '../protocol/packets/session-state.js';
import { ReplyEvent, type ReplyTracker } from '../protocol/reply-tracker.js';
import { PacketReader } from '../protocol/wire/reader.js';
import { Effect } from '../sql/verdict.js';
import { rowsOf } from './captured-conditions.js';
import type { Command } from './command.js';
import { LATE, variablesOfUnread } from './state-tracking.js';

/*
 * Servers that do not say what a statement has changed: those before MySQL 5.7 and MariaDB 10.2, and what stands behind a proxy that does not
 * pass CLIENT_SESSION_TRACK on. What the text says is set is asked for then.
 */

const DROPS_SCHEMA = /\bdrop (?:database|schema)\b/i;

/** USE, COM_INIT_DB, or the end of the schema that the session may be in. */
export function mayChangeSchema({ effects, entry }: Command): boolean {
  return (effects & Effect.changesSchema) !== 0 || (entry !== null && DROPS_SCHEMA.test(entry.digestText));
}

/** Of the schema, whatever the character set of results is. */
const SCHEMA = 'HEX(CONVERT(DATABASE() USING utf8))';
const CHARACTERISTICS = /^(?:tx|transaction)_/;

/** The variables among `unread`, as the server of this login calls them. */
export function namesToRead(unread: Iterable<string>, { flavour, serverVersion }: LoggedIn): readonly string[] {
  // MySQL manual, "Server System Variables": tx_… until 5.7, transaction_… from 5.7.20 on. MariaDB has tx_…, and both from 11.1 on.
  const prefix = flavour === 'mariadb' || Number.parseInt(serverVersion, 10) < 8 ? 'tx_' : 'transaction_';
  const names = [...variablesOfUnread(unread)].filter((name) => !LATE.includes(name));
  return [...new Set(names.map((name) => name.replace(CHARACTERISTICS, prefix)))];
}

/** LIMIT counts instead of sql_select_limit. */
export function valuesStatement(names: readonly string[]): string {
  return `SELECT ${[SCHEMA, ...names.map((name) => (name === ROLE ? 'CURRENT_ROLE()' : `@@session.${name}`))].join(', ')} LIMIT 1`;
}

/** The reply to the `valuesStatement` of `names`. Calls `onDone` or `whenLost` back, once; `onValues` in front of the former where they are known. */
export class ValuesReceiver implements ReplyReceiver {
  private readonly parts: Buffer[] = [];
  private error: ServerError | null = null;

  constructor(
    private readonly names: readonly string[],
    private readonly capabilities: number,
    private readonly onValues: (entries: readonly SessionStateEntry[]) => void,
    private readonly onDone: (error: ServerError | null) => void,
    private readonly whenLost: (cause: Error | null) => void,
  ) {}

  onForward(_connection: BackendConnection, buffer: Uint8Array, start: number, end: number): void {
    this.parts.push(Buffer.from(buffer.subarray(start, end)));
  }

  onEvent(_connection: BackendConnection, tracker: ReplyTracker): void {
    if (tracker.event === ReplyEvent.error) this.error = readErr(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
    if (tracker.event !== ReplyEvent.none)
      this.parts.push(Buffer.from(tracker.packetBuffer.subarray(tracker.packetStart, tracker.packetEnd)));
  }

  onReplyDone(): void {
    if (this.error === null) this.onValues(this.entries(Buffer.concat(this.parts)));
    this.onDone(this.error);
  }

  onLost(_connection: BackendConnection, cause: Error | null): void {
    this.whenLost(cause);
  }

  private entries(reply: Buffer): readonly SessionStateEntry[] {
    const [row] = rowsOf(reply, has(this.capabilities, Capability.deprecateEof)) ?? [];
    if (row === undefined) return [];
    const reader = new PacketReader(row, 0, row.length, 'row');
    const value = (): string => reader.nullableBytes('value')?.toString('utf8') ?? '';
    const schema = Buffer.from(value(), 'hex').toString('utf8');
    return [{ type: 'schema', schema }, ...this.names.map((name) => ({ type: 'systemVariable', name, value: value() }) as const)];
  }
}

import type { Route } from '../route/route.js';
import { Definitions, Effect, type Verdict } from '../sql/verdict.js';
import type { Command } from './command.js';
import { Pin, type Pins } from './pins.js';
import type { StatementRunner } from './statement-runner.js';
import type { TrackedSession } from './tracked-session.js';

/** What they stand for is seen by statements that say so, and by those alone. */
const SEEN_BY_NAME: Pins = Pin.userVariable | Pin.temporaryTable | Pin.userLock | Pin.handler | Pin.sqlPrepare | Pin.cursor;
/** Effects of reads that belong to no connection. */
const OF_NO_CONNECTION = Effect.calculatesFoundRows | Effect.multiple;
const CATALOGS = /^(information_schema|mysql)$/i;

/**
 * A read that a reader may answer although the session keeps a connection: it can not see what the session keeps it for. Everything that is
 * not sure stays. Stored functions, which may look at variables and temporary tables, are no proven reads.
 */
export function mayReadBeside({ command, connections, session }: StatementRunner, route: Route): boolean {
  const { entry } = command;
  const { held } = connections;
  if (session.pins === Pin.none || (session.pins & ~SEEN_BY_NAME) !== 0 || session.inTransaction) return false;
  if (!command.readOnly || command.keepsConnection || command.wantsCursor) return false;
  if (!route.isReader || held === null || held.hostgroupId === route.hostgroup) return false;
  if (entry?.verdict.command !== 'SELECT' || (entry.verdict.effects & ~OF_NO_CONNECTION) !== 0) return false;
  return !readsDefinitions(session, entry.verdict) && !session.namesTemporaryTable(entry);
}

/** A read of definitions that the session may have changed a moment ago: a replica might not know them yet. Hints have the last word. */
export function asksForOwnDefinitions(session: TrackedSession, { entry }: Command, route: Route): boolean {
  if (!session.changedDefinitions || !route.isReader || route.reason === 'hint') return false;
  return entry !== null && readsDefinitions(session, entry.verdict);
}

function readsDefinitions({ state }: TrackedSession, verdict: Verdict): boolean {
  return verdict.definitions !== Definitions.none || CATALOGS.test(state.schema);
}

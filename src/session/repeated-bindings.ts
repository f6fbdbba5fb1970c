import { haveSameCharset, type SessionState, type StateInterner } from '../backend/connection-state.js';
import type { PreparedOnServer } from '../backend/server-statements.js';
import type { ServerIdentity } from '../config/snapshot.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { Capability, CursorFlag, has } from '../protocol/constants.js';
import { writeExecuteOf, writeExecuteWithoutValues } from '../protocol/packets/repeated-execute.js';
import { encodeCommands } from '../protocol/wire/writer.js';
import { Effect, type Effects } from '../sql/verdict.js';
import type { Command } from './command.js';
import { type Binding, mayChangeTypes } from './parameter-history.js';
import { typesOfFixed } from './parameter-types.js';
import type { ClientStatement } from './prepared-statements.js';

/** An execution of weir's own, in front of the client's: the server then remembers what the statement's earlier executions, elsewhere, have left. */
export interface Repetition {
  /** What the connection has to be brought to for it. */
  readonly state: SessionState;
  readonly bytes: Buffer;
  readonly onDone: () => void;
}

/** Who repeats, and what of the session it needs. */
export interface Repeating {
  readonly states: StateInterner;
  readonly identity: ServerIdentity;
  readonly session: SessionState;
}

/** What the server does in a repetition is not to be seen: no more rows and no more time than it needs to notice the types. */
const SPARING: readonly (readonly [string, string])[] = [
  ['sql_select_limit', '0'],
  ['max_execution_time', '1'],
];
/** It looks at what is left of the statement before it, or leaves something. */
const NOT_REPEATED: Effects = Effect.readsDiagnostics | Effect.readsLastInsertId | Effect.setsLastInsertId;
/** The character set of its client is to be what it says, or is not known behind it. */
const SETS_ITSELF: Effects = Effect.setsVariables | Effect.setsNames | Effect.unknownState;
/** A server statement has been executed with other types than the client's. */
const OTHER_TYPES = Buffer.alloc(0);

/** The next thing to send before `command`, an execution whose server statement is `prepared`; null: nothing. */
export function nextRepetition(
  connection: PooledConnection,
  command: Command,
  prepared: PreparedOnServer,
  who: Repeating,
): Repetition | null {
  const statement = command.statement as ClientStatement;
  if (statement.parameters === 0 || statement.form !== command.form || (statement.entry.verdict.effects & NOT_REPEATED) !== 0) return null;
  if (who.identity.flavour === 'mariadb') return bindingAgain(connection, command, prepared, statement, who);
  const binding = nextBinding(prepared, statement, who.identity);
  if (binding === null) return null;
  const { states } = who;
  const { history, parameters } = statement;
  const state = SPARING.reduce((base, [name, value]) => states.withVariable(base, name, value), stateOf(connection, binding.state, who));
  const flags = isSet(statement) ? CursorFlag.readOnly : CursorFlag.none;
  const named = has(connection.login.capabilities, Capability.queryAttributes);
  const bytes = encodeCommands([(writer) => writeExecuteOf(writer, prepared.id, flags, binding.types.subarray(0, parameters), named)]);
  const onDone = (): void => {
    if (history === null) prepared.boundTypes = OTHER_TYPES;
    else history.onRepeated(prepared);
  };
  return { state, bytes, onDone };
}

/** What the statement remembers on MySQL where it was executed before. */
function nextBinding(prepared: PreparedOnServer, statement: ClientStatement, identity: ServerIdentity): Binding | null {
  const { fixed, history, state } = statement;
  if (!isRepeatable(statement, identity)) return null;
  if (history !== null) return history.nextFor(prepared);
  if (prepared.boundTypes !== null || fixed === null) return null;
  const types = typesOfFixed(fixed);
  return types.some(mayChangeTypes) ? { types, state } : null;
}

/** Its execution is seen by nobody: it only reads, or the server refuses it at the last moment. */
function isRepeatable(statement: ClientStatement, identity: ServerIdentity): boolean {
  const { readOnly } = statement.entry.verdict;
  return isSet(statement) ? refusesCursors(identity) : readOnly && statement.columns > 0;
}

const isSet = ({ entry }: ClientStatement): boolean => entry.verdict.command === 'SET';

/** With a cursor, MySQL looks at the types of a SET and refuses it then (ER_WRONG_ARGUMENTS; seen in 8.4's sql_prepare.cc and in 9.7). */
function refusesCursors({ version }: ServerIdentity): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major > 8 || (major === 8 && minor >= 4);
}

/** MariaDB converts texts from the character set of when their types came: it takes these from a packet that it refuses for having no values. */
function bindingAgain(
  connection: PooledConnection,
  command: Command,
  prepared: PreparedOnServer,
  statement: ClientStatement,
  who: Repeating,
): Repetition | null {
  const { history, types } = statement;
  if (history === null || types === null || command.bindsTypes) return null;
  if (!history.isBoundOtherwise(prepared, types, statement.state)) return null;
  // The types are sent with the execution itself.
  if (haveSameCharset(history.boundUnder, who.session)) prepared.boundTypes = null;
  if (prepared.boundTypes === null && haveSameCharset(history.boundUnder, who.session)) return null;
  const bytes = encodeCommands([(writer) => writeExecuteWithoutValues(writer, prepared.id, statement.parameters, types)]);
  const onDone = (): void => {
    prepared.boundTypes = types;
    prepared.boundUnder = history.boundUnder;
  };
  return { state: stateOf(connection, history.boundUnder, who), bytes, onDone };
}

/** Schemas play no part: the server goes into that of the statement. */
const stateOf = ({ state }: PooledConnection, under: SessionState, { states, session }: Repeating): SessionState =>
  states.withSchema(states.asPrepared(session, under), state.schema);

/**
 * On MySQL, for an execution without types: the character set that its client is to have there, which is that of when the types came; null: that
 * of the session. What the packet lacks is sent with it then.
 */
export function charsetOfTypes(connection: PooledConnection, command: Command, who: Repeating): string | null {
  const { bindsTypes, prepared, statement } = command;
  if (statement === null || prepared === null || bindsTypes || statement.form !== command.form) return null;
  const { entry, history, types } = statement;
  if (history === null || types === null || who.identity.flavour === 'mariadb' || (entry.verdict.effects & SETS_ITSELF) !== 0) return null;
  if (!history.isBoundOtherwise(prepared, types, statement.state)) return null;
  prepared.boundTypes = null;
  const { boundUnder } = history;
  if (haveSameCharset(boundUnder, who.session)) return null;
  return boundUnder.variables.get('character_set_client') ?? boundUnder.names?.charset ?? connection.baseNames.charset;
}

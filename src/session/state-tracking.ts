import {
  followsWithAnyValue,
  isCharsetVariable,
  isReplayable,
  PART_OF,
  SETS_ANOTHER,
  type SessionState,
  type StateInterner,
} from '../backend/connection-state.js';
import type { ServerFlavour } from '../base/server-version.js';
import type { SessionStateEntry } from '../protocol/packets/session-state.js';
import { assignedSessionVariables, type NamesStep, parseNamesSteps } from '../sql/session-text.js';
import { Effect } from '../sql/verdict.js';
import type { Command } from './command.js';
import { EXPLAINED_STATE_CHANGE, Pin, type Pins } from './pins.js';

/** Effects of SETs whose text is looked at once they have been executed. */
export const SETS_BY_TEXT = Effect.setsNames | Effect.setsVariables;

export interface TrackOutcome {
  readonly state: SessionState;
  readonly pins: Pins;
  /** A variable changed that the statement does not explain: what the server session holds is not known any more. */
  readonly isStrange: boolean;
  /** Variables of the server session whose values are not known until they are read back. */
  readonly unread: readonly string[];
  /** Names of variables that can not be set again elsewhere, the cause of Pin.variable. */
  readonly tied: readonly string[];
}

const NONE: readonly string[] = [];
/** Unread: no server reports the collation that a SET NAMES brings, which is that of results too. */
const NAMES_COLLATION = 'names';
const COLLATION = [NAMES_COLLATION];
/**
 * Variables may have changed that no reply has reported: errors have no room for that. Setting this one brings the report of all of them;
 * weir has set it itself, and to the same.
 */
export const LATE: readonly string[] = ['session_track_schema'];
const READ_AS: Readonly<Record<string, string>> = { ...PART_OF, character_set_connection: 'collation_connection' };
const OLD = 'old';
const OLD_MODE = 'old_mode';
/** They hold for the next transaction where they are set without a report. */
const CHARACTERISTICS = /^(tx|transaction)_(isolation|read_only)$/;
const INSERT_IDS = /^(identity|last_insert_id)$/;

const SETS = Effect.setsVariables | Effect.setsNames | Effect.setsNextTransaction | Effect.setsIdentity;
/** Statements whose reported variables are their own. Triggers may set some. */
const EXPLAINING = SETS | Effect.unknownState | Effect.sqlPrepare | Effect.leavesRowCount;
/** Nothing to carry; MariaDB reports `last_gtid` with each commit. */
const NOT_STATE: ReadonlySet<string> = new Set([
  'last_gtid',
  'statement_id',
  'warning_count',
  'error_count',
  'gtid_owned',
  'identity',
  'last_insert_id',
]);

/** What the server reports of a statement, taken over into the session's state; what can not be set again elsewhere pins. */
export function trackEntries(
  entries: readonly SessionStateEntry[],
  state: SessionState,
  command: Command,
  states: StateInterner,
  pinned: boolean,
  flavour: ServerFlavour,
): TrackOutcome {
  let next = state;
  let pins: Pins = Pin.none;
  let isStrange = false;
  let unread = NONE;
  let tied = NONE;
  let charsets: Map<string, string> | null = null;
  let values: Map<string, string> | null = null;
  let partly: Set<string> | null = null;
  const explained = pinned || (command.effects & EXPLAINING) !== 0;
  for (const entry of entries) {
    switch (entry.type) {
      case 'schema':
        if (command.ownSchema === null || command.lacksSchema) next = states.withSchema(next, entry.schema);
        break;
      case 'systemVariable': {
        const name = entry.name.toLowerCase();
        if (NOT_STATE.has(name) || takesBack(command, name)) break;
        if (!explained) {
          isStrange = true;
          break;
        }
        command.reported = (command.reported ?? new Set<string>()).add(name);
        if (PART_OF[name] !== undefined || name === OLD) partly = (partly ?? new Set<string>()).add(PART_OF[name] ?? OLD_MODE);
        if (PART_OF[name] !== undefined) break;
        if (isCharsetVariable(name)) charsets = (charsets ?? new Map<string, string>()).set(name, entry.value);
        else if (isReplayable(name, entry.value)) values = (values ?? new Map<string, string>()).set(name, entry.value);
        else {
          pins |= Pin.variable;
          tied = [...tied, name];
        }
        break;
      }
      case 'stateChange':
        if (entry.changed && !explainsChange(command, entries) && !goesThereAndBack(command)) pins |= Pin.unknownState;
        break;
      case 'gtids':
      case 'transactionCharacteristics':
      case 'transactionState':
      case 'unknown':
        break;
    }
  }
  if (values !== null) next = states.withVariables(next, values);
  if (charsets !== null) {
    const followed = followCharsets(charsets, namesSteps(command), next, states, flavour);
    next = followed.state;
    unread = followed.unread;
  }
  if (partly !== null) unread = [...unread, ...[...partly].filter((name) => values?.has(name) !== true)];
  return { state: next, pins, isStrange, unread, tied };
}

const WRITES_IN_TEXT = Effect.multiple | Effect.leavesRowCount;

/**
 * The server's flag, which does not say what has changed, comes from what the statement is. Of several one may have run a trigger: there it has to
 * come with what a SET or USE of the text reports. And an EXECUTE changes what the prepared statement changes.
 */
function explainsChange(command: Command, entries: readonly SessionStateEntry[]): boolean {
  const { effects, entry } = command;
  if ((effects & WRITES_IN_TEXT) === WRITES_IN_TEXT) return isOfSetOrUse(command, entries);
  const own = entry?.verdict.command === 'EXECUTE' ? effects & ~Effect.sqlPrepare : effects;
  return (own & EXPLAINED_STATE_CHANGE) !== 0;
}

/** What one OK reports. Triggers can not change the schema; that one sets the very variables of the text is not thought of. */
function isOfSetOrUse({ lexMode, text }: Command, entries: readonly SessionStateEntry[]): boolean {
  if (entries.some(({ type }) => type === 'schema')) return true;
  const names = entries.flatMap((entry) => (entry.type === 'systemVariable' ? [entry.name.toLowerCase()] : []));
  const ofState = names.filter((name) => !NOT_STATE.has(name));
  const assigned = text === null || ofState.length === 0 ? null : assignedSessionVariables(text, lexMode);
  return assigned !== null && ofState.every((name) => assigned.includes(name));
}

/** Wherever it may run: within a transaction too. */
const readsOnly = ({ entry }: Command): boolean => entry?.verdict.readOnly === true;

/** Where a connection stands after a statement that was executed in its own schema. */
export function withSchemaOf(entries: readonly SessionStateEntry[], state: SessionState, states: StateInterner): SessionState {
  let next = state;
  for (const entry of entries) if (entry.type === 'schema') next = states.withSchema(next, entry.schema);
  return next;
}

/** A SET NAMES is carried as one: no server reports its collation, and what is sent of columns depends on that. */
function namesSteps({ effects, lexMode, text }: Command): readonly NamesStep[] | null {
  if (text === null || (effects & Effect.setsNames) === 0 || (effects & Effect.multiple) !== 0) return null;
  return parseNamesSteps(text, lexMode);
}

/** `charsets`: the variables of character sets as they were reported: by the names that they have whatever else is set. */
function followCharsets(
  charsets: ReadonlyMap<string, string>,
  steps: readonly NamesStep[] | null,
  state: SessionState,
  states: StateInterner,
  flavour: ServerFlavour,
): { readonly state: SessionState; readonly unread: readonly string[] } {
  let next = state;
  let unread = NONE;
  const client = charsets.get('character_set_client');
  const isClientApart = steps?.some((step) => step.kind === 'variable' && step.name === 'character_set_client') === true;
  for (const step of steps ?? [...charsets.keys()].map((name) => ({ kind: 'variable', name }) as const)) {
    if (step.kind === 'variable') {
      const value = charsets.get(step.name);
      if (value === undefined) continue;
      const hasCollation = steps !== null || step.name !== 'character_set_connection';
      if (hasCollation) next = states.withVariable(next, step.name, value);
      else unread = COLLATION;
      continue;
    }
    const charset = isClientApart && step.charset !== 'default' ? step.charset : (client ?? step.charset);
    const collation = flavour === 'mariadb' ? resolved(step.collation, charset) : step.collation;
    next = states.withNames(next, { charset, collation, ...(step.kind === 'names' ? {} : { isCharacterSet: true }) });
    unread = step.kind === 'names' && step.charset !== 'default' ? NONE : COLLATION;
  }
  if (charsets.has('collation_connection')) unread = NONE;
  return { state: next, unread };
}

/** On MariaDB `utf8` is utf8mb3 or utf8mb4, by `old_mode`, in names of collations too. */
function resolved(collation: string | null, charset: string): string | null {
  return collation?.startsWith('utf8_') === true && UTF8.test(charset) ? charset + collation.slice('utf8'.length) : collation;
}

const UTF8 = /^utf8mb[34]$/;

/** What the server reports of the `readBackStatement` for `unread`: every entry is what it says. */
export function trackReadBack(
  entries: readonly SessionStateEntry[],
  unread: Iterable<string>,
  state: SessionState,
  states: StateInterner,
): TrackOutcome {
  let next = state;
  let collation = '';
  const missing = new Set(unread);
  // What was assigned alone is not that of results.
  const isAssigned = missing.has('collation_connection') && !missing.has(NAMES_COLLATION);
  const values = new Map<string, string>();
  const tied: string[] = [];
  for (const entry of entries) {
    if (entry.type === 'schema') next = states.withSchema(next, entry.schema);
    if (entry.type !== 'systemVariable') continue;
    const name = entry.name.toLowerCase();
    missing.delete(name);
    if (name === 'collation_connection') collation = entry.value;
    else if (NOT_STATE.has(name) || LATE.includes(name) || name === 'character_set_connection') continue;
    else if (isReplayable(name, entry.value)) values.set(name, entry.value);
    else tied.push(name);
  }
  for (const name of LATE) missing.delete(name);
  if (collation !== '') missing.delete(NAMES_COLLATION);
  // They have another name in other versions.
  for (const name of [...missing]) if (CHARACTERISTICS.test(name)) missing.delete(name);
  next = states.withVariables(next, values);
  if (isAssigned && collation !== '') next = states.withVariable(next, 'collation_connection', collation);
  else if (collation !== '') next = withCollation(next, collation, states);
  return missing.size + tied.length === 0 ? outcome(next) : tiedBy(next, [...tied, ...missing]);
}

/** Where everything is of one character set, it is what SET NAMES would make it. */
function withCollation(state: SessionState, collation: string, states: StateInterner): SessionState {
  const { names, variables } = state;
  const client = variables.get('character_set_client') ?? names?.charset;
  const results = variables.get('character_set_results') ?? names?.charset;
  const isOfClient = client !== undefined && (collation === client || collation.startsWith(`${client}_`));
  const isOne = isOfClient && client === results && names?.isCharacterSet !== true;
  return isOne ? states.withNames(state, { charset: client, collation }) : states.withVariable(state, 'collation_connection', collation);
}

/**
 * Makes the server report what is not known: what is set, to itself, is reported with its value. (Observed: MySQL 9.7 reports what it owes
 * with the next OK, MariaDB 10.11 with the next that has something to report.)
 */
export function readBackStatement(unread: Iterable<string>): string {
  const names = variablesOfUnread(unread);
  for (const [first, second] of SETS_ANOTHER) {
    if (!names.has(first)) continue;
    // Servers evaluate all values first: setting the one does not change what is read of the other.
    names.delete(second);
    names.add(second);
  }
  return `SET ${[...names].map((name) => `@@session.${name}=@@session.${name}`).join(', ')}`;
}

/** What there is to ask for. */
export function variablesOfUnread(unread: Iterable<string>): Set<string> {
  return new Set([...unread].map((name) => (name === NAMES_COLLATION ? 'collation_connection' : name)));
}

/** After a SET that succeeded: what the tracker did not report of it. MariaDB 10.11 leaves out `SET @@name = …`, without a scope. */
export function outcomeOfSet(command: Command, state: SessionState): TrackOutcome {
  if ((command.effects & SETS_BY_TEXT) === 0) return outcome(state);
  const { lexMode, reported } = command;
  const text = command.text as Buffer;
  const assigned = assignedSessionVariables(text, lexMode);
  if (assigned === null) return reported !== null && !text.includes('@@') ? outcome(state) : tiedBy(state, ['unknown']);
  const missing = assigned.filter((name) => reported?.has(name) !== true);
  const hasCharacteristics = reported !== null && [...reported].some((name) => CHARACTERISTICS.test(name));
  const unknown = hasCharacteristics ? missing.filter((name) => !CHARACTERISTICS.test(name)) : missing;
  return unknown.length === 0 ? outcome(state) : unreported(unknown, state);
}

/** A SET that is yet to be executed: all that it assigns can be set again elsewhere, whatever the values, and it ends no transaction. */
export function setsWhatFollows({ effects, lexMode, text }: Command): boolean {
  if (text === null || (effects & SETS_BY_TEXT) === 0) return true;
  const assigned = assignedSessionVariables(text, lexMode);
  return assigned?.every((name) => name !== 'autocommit' && followsWithAnyValue(name)) === true;
}

/** `SET @@tx_isolation = …`, which is for the next transaction. */
const WITHOUT_SCOPE = /@@\s*(tx|transaction)_(isolation|read_only)/i;

/** After a SET, one that failed too, at a server that reports nothing: all that it assigns is to be read back. */
export function outcomeOfUntrackedSet({ lexMode, text }: Command, state: SessionState): TrackOutcome {
  const set = text as Buffer;
  const assigned = assignedSessionVariables(set, lexMode);
  if (assigned === null) return tiedBy(state, ['unknown']);
  const known = unreported(assigned, state);
  const pins = WITHOUT_SCOPE.test(set.toString('latin1')) ? known.pins : known.pins & ~Pin.nextTransaction;
  return { ...known, pins, unread: [...known.unread, ...assigned.filter((name) => CHARACTERISTICS.test(name))] };
}

function unreported(missing: readonly string[], state: SessionState): TrackOutcome {
  const tied = missing.filter((name) => !isReplayable(name, '') && !INSERT_IDS.test(name));
  const others = missing.filter((name) => isReplayable(name, '') && !CHARACTERISTICS.test(name));
  // Setting the character set would bring its own collation; reading the collation is enough.
  const unread = others.flatMap((name) => (name === OLD ? [OLD, OLD_MODE] : (READ_AS[name] ?? name)));
  const pins =
    (tied.length > 0 ? Pin.variable : Pin.none) | (missing.some((name) => CHARACTERISTICS.test(name)) ? Pin.nextTransaction : Pin.none);
  return { ...outcome(state), pins, tied, unread: [...new Set(unread)] };
}

const outcome = (state: SessionState): TrackOutcome => ({
  state,
  pins: Pin.none,
  isStrange: false,
  unread: NONE,
  tied: NONE,
});

/** The session can not go elsewhere, for these variables. */
export const tiedBy = (state: SessionState, tied: readonly string[]): TrackOutcome => ({ ...outcome(state), pins: Pin.variable, tied });

/** SET STATEMENT … FOR reports a value that it has taken back when the client hears of it. */
function takesBack(command: Command, variable: string): boolean {
  return isSetStatement(command) && command.entry?.digestText.toLowerCase().includes(variable) === true;
}

/** Its verdict is that of the statement behind FOR. */
const isSetStatement = ({ effects, entry }: Command): boolean =>
  (effects & SETS) === 0 && entry !== null && /^SET\s+STATEMENT\b/i.test(entry.digestText);

/** A server reports its way into the schema of a prepared statement and back, and what SET STATEMENT takes back. A read brings no other change. */
const goesThereAndBack = (command: Command): boolean => (command.switchesSchema || isSetStatement(command)) && readsOnly(command);

import { isCharsetVariable, isReplayable, type SessionState, type StateInterner } from '../backend/connection-state.js';
import type { SessionStateEntry } from '../protocol/packets/session-state.js';
import { assignedSessionVariables, type NamesStep, parseNamesSteps, parseVariableAssignments } from '../sql/session-text.js';
import { Effect } from '../sql/verdict.js';
import type { Command } from './command.js';
import { EXPLAINED_STATE_CHANGE, Pin, type Pins } from './pins.js';

/** Effects of SETs whose text is looked at once they have been executed. */
export const SETS_BY_TEXT = Effect.setsNames | Effect.setsVariables;

/** What of a server session is not known, until it is read back. */
export const Unread = {
  nothing: 0,
  /** Variables may have changed that no reply has reported: errors have no room for that. */
  late: 1,
  /** No server reports the collation that a SET NAMES brings. */
  collation: 2,
} as const;
export type Unread = number;

export interface TrackOutcome {
  readonly state: SessionState;
  readonly pins: Pins;
  /** A variable changed that the statement does not explain: what the server session holds is not known any more. */
  readonly isStrange: boolean;
  readonly unread: Unread;
  /** Names of variables that can not be set again elsewhere, the cause of Pin.variable. */
  readonly tied: readonly string[];
}

const NONE: readonly string[] = [];

const SETS = Effect.setsVariables | Effect.setsNames | Effect.setsNextTransaction | Effect.setsIdentity;
/** Statements whose reported variables are their own. Triggers may set some. */
const EXPLAINING = SETS | Effect.unknownState | Effect.sqlPrepare | Effect.leavesRowCount;
/** Reported with each commit by MariaDB; nothing to carry. */
const NOT_STATE: ReadonlySet<string> = new Set(['last_gtid', 'statement_id', 'warning_count', 'error_count', 'gtid_owned']);

/** What the server reports of a statement, taken over into the session's state; what can not be set again elsewhere pins. */
export function trackEntries(
  entries: readonly SessionStateEntry[],
  state: SessionState,
  command: Command,
  states: StateInterner,
  pinned: boolean,
): TrackOutcome {
  let next = state;
  let pins: Pins = Pin.none;
  let isStrange = false;
  let unread: Unread = Unread.nothing;
  let tied = NONE;
  let charsets: Map<string, string> | null = null;
  const explained = pinned || (command.effects & EXPLAINING) !== 0;
  for (const entry of entries) {
    switch (entry.type) {
      case 'schema':
        next = states.withSchema(next, entry.schema);
        break;
      case 'systemVariable': {
        const name = entry.name.toLowerCase();
        if (NOT_STATE.has(name) || takesBack(command, name)) break;
        if (!explained) {
          isStrange = true;
          break;
        }
        command.trackedVariables += 1;
        if (isCharsetVariable(name)) charsets = (charsets ?? new Map<string, string>()).set(name, entry.value);
        else if (isReplayable(name, entry.value)) next = states.withVariable(next, name, entry.value);
        else {
          pins |= Pin.variable;
          tied = [...tied, name];
        }
        break;
      }
      case 'stateChange':
        if (entry.changed && (command.effects & EXPLAINED_STATE_CHANGE) === 0) pins |= Pin.unknownState;
        break;
      case 'gtids':
      case 'transactionCharacteristics':
      case 'transactionState':
      case 'unknown':
        break;
    }
  }
  if (charsets !== null) {
    const followed = followCharsets(charsets, namesSteps(command), next, states);
    next = followed.state;
    unread |= followed.unread;
  }
  return { state: next, pins, isStrange, unread, tied };
}

/** A SET NAMES is carried as such: no server reports its collation, and what is sent of columns depends on that. */
function namesSteps({ effects, lexMode, text }: Command): readonly NamesStep[] | null {
  if (text === null || (effects & Effect.setsNames) === 0 || (effects & Effect.multiple) !== 0) return null;
  return parseNamesSteps(text, lexMode);
}

/** `charsets`: the variables of character sets as they were reported. */
function followCharsets(
  charsets: ReadonlyMap<string, string>,
  steps: readonly NamesStep[] | null,
  state: SessionState,
  states: StateInterner,
): { readonly state: SessionState; readonly unread: Unread } {
  let next = state;
  let unread: Unread = Unread.nothing;
  const client = charsets.get('character_set_client');
  for (const step of steps ?? [...charsets.keys()].map((name) => ({ kind: 'variable', name }) as const)) {
    if (step.kind === 'variable') {
      const value = charsets.get(step.name);
      if (value === undefined) continue;
      const hasCollation = steps !== null || step.name !== 'character_set_connection';
      if (hasCollation) next = states.withVariable(next, step.name, value);
      else unread |= Unread.collation;
      continue;
    }
    const charset = step.charset === 'default' ? (client ?? step.charset) : step.charset;
    next = states.withNames(next, { charset, collation: step.collation, ...(step.kind === 'names' ? {} : { isCharacterSet: true }) });
    unread = step.kind === 'names' && step.charset !== 'default' ? Unread.nothing : Unread.collation;
  }
  if (charsets.has('collation_connection')) unread = Unread.nothing;
  return { state: next, unread };
}

/** What the server reports of `readBackStatement`: every entry is what it says. */
export function trackReadBack(entries: readonly SessionStateEntry[], state: SessionState, states: StateInterner): TrackOutcome {
  let next = state;
  let collation = '';
  let tied = NONE;
  for (const entry of entries) {
    if (entry.type === 'schema') next = states.withSchema(next, entry.schema);
    if (entry.type !== 'systemVariable') continue;
    const name = entry.name.toLowerCase();
    if (name === 'collation_connection') collation = entry.value;
    else if (NOT_STATE.has(name) || name === FLUSHING || name === 'character_set_connection') continue;
    else if (isReplayable(name, entry.value)) next = states.withVariable(next, name, entry.value);
    else tied = [...tied, name];
  }
  if (collation !== '') next = withCollation(next, collation, states);
  return { ...outcome(next), pins: tied.length > 0 ? Pin.variable : Pin.none, tied };
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

/** Setting it brings the report of everything that was not reported; weir has set it itself, and to the same. */
const FLUSHING = 'session_track_schema';
/**
 * Makes the server report what is not known: what is set, to itself, is reported with its value. (Observed: MySQL 9.7 reports what it owes
 * with the next OK, MariaDB 10.11 with the next that has something to report.)
 */
export function readBackStatement(unread: Unread): string {
  const name = (unread & Unread.collation) === 0 ? FLUSHING : 'collation_connection';
  return `SET @@session.${name}=@@session.${name}`;
}

/** After a SET that succeeded: what the tracker did not report of it. */
export function namesAfter(command: Command, state: SessionState, states: StateInterner, hasTrackers: boolean): TrackOutcome {
  if (command.trackedVariables > 0 || (command.effects & SETS_BY_TEXT) === 0) return outcome(state);
  const assigned = assignedSessionVariables(command.text as Buffer, command.lexMode);
  if (assigned?.length === 0) return outcome(state);
  const parsed = hasTrackers ? null : parsedState(command, state, states);
  return parsed === null ? tiedBy(state, assigned ?? ['unknown']) : outcome(parsed);
}

const outcome = (state: SessionState): TrackOutcome => ({
  state,
  pins: Pin.none,
  isStrange: false,
  unread: Unread.nothing,
  tied: NONE,
});

/** The session can not go elsewhere, for these variables. */
export const tiedBy = (state: SessionState, tied: readonly string[]): TrackOutcome => ({ ...outcome(state), pins: Pin.variable, tied });

/** Of a server without trackers: the values that the text says, as it says them; null when one of them is not plain. */
function parsedState(command: Command, state: SessionState, states: StateInterner): SessionState | null {
  const text = command.text as Buffer;
  const steps = parseNamesSteps(text, command.lexMode);
  const assignments = parseVariableAssignments(text, command.lexMode);
  if (steps === null || assignments === null) return null;
  const clauses = steps.filter((step) => step.kind !== 'variable');
  let next = state;
  for (const { charset, collation, kind } of clauses) {
    if (charset === 'default' || kind !== 'names' || steps.length > 1) return null;
    next = states.withNames(next, { charset, collation });
  }
  for (const { scope, name, value } of assignments) {
    if (scope !== 'default' && scope !== 'session') continue;
    if (value === null || /^default$/i.test(value) || !isReplayable(name, value)) return null;
    next = states.withVariable(next, name, value);
  }
  return next;
}

/** SET STATEMENT … FOR reports a value that it has taken back when the client hears of it. */
function takesBack({ effects, entry }: Command, variable: string): boolean {
  if (entry?.verdict.command !== 'SET' || (effects & SETS) !== 0) return false;
  return entry.digestText.toLowerCase().includes(variable);
}

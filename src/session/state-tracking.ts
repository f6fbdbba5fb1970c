import { isCharsetVariable, isReplayable, type SessionState, type StateInterner } from '../backend/connection-state.js';
import type { SessionStateEntry } from '../protocol/packets/session-state.js';
import { assignedSessionVariables, hasNamesClause, parseSetNames } from '../sql/session-text.js';
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
}

/** Statements whose reported variables are their own. */
const SETS = Effect.setsVariables | Effect.setsNames | Effect.setsNextTransaction | Effect.setsIdentity | Effect.unknownState;
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
  const explained = pinned || (command.effects & SETS) !== 0;
  for (const entry of entries) {
    switch (entry.type) {
      case 'schema':
        next = states.withSchema(next, entry.schema);
        break;
      case 'systemVariable': {
        const name = entry.name.toLowerCase();
        if (NOT_STATE.has(name)) break;
        if (!explained) {
          // SET STATEMENT reports the value that it has already taken back; an error makes servers report late.
          isStrange = isStrange || command.entry?.verdict.command !== 'SET';
          break;
        }
        command.trackedVariables += 1;
        // A SET NAMES is carried as such: its collation is not reported.
        if (isCharsetVariable(name) && isSetNames(command)) break;
        if (isReplayable(name, entry.value)) next = states.withVariable(next, name, entry.value);
        else pins |= Pin.variable;
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
  return { state: next, pins, isStrange };
}

/** After a SET that succeeded: the character set it names, and a pin for whatever the tracker did not report. */
export function namesAfter(command: Command, state: SessionState, states: StateInterner): TrackOutcome {
  const text = command.text as Buffer;
  if ((command.effects & Effect.setsNames) !== 0 && hasNamesClause(text, command.lexMode)) {
    const names = parseSetNames(text, command.lexMode);
    if (names === null || names.kind !== 'names' || names.charset === 'default') return { state, pins: Pin.variable, isStrange: false };
    return { state: states.withNames(state, { charset: names.charset, collation: names.collation }), pins: Pin.none, isStrange: false };
  }
  if (command.trackedVariables > 0 || (command.effects & Effect.setsVariables) === 0) return { state, pins: Pin.none, isStrange: false };
  const assigned = assignedSessionVariables(text, command.lexMode);
  return { state, pins: assigned !== null && assigned.length === 0 ? Pin.none : Pin.variable, isStrange: false };
}

/** SET NAMES or SET CHARACTER SET, and no variable beside it. */
function isSetNames({ effects }: Command): boolean {
  return (effects & (Effect.setsNames | Effect.setsVariables)) === Effect.setsNames;
}

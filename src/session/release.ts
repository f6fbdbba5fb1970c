import type { SessionState } from '../backend/connection-state.js';
import { Effect } from '../sql/verdict.js';
import type { Command } from './command.js';

const ENDS_TRANSACTION = /^\W*(?:commit|rollback)\b(?!.*\bto\b)/is;
const RELEASES = /\brelease\b/i;
const KEEPS = /\bno\s+release\b/i;
/** completion_type as trackers report it, and by number. */
const RELEASING: ReadonlySet<string | undefined> = new Set(['RELEASE', '2']);

/**
 * COMMIT or ROLLBACK with RELEASE, in words or by `completion_type`: the server answers it and ends the connection.
 * (MySQL manual, "START TRANSACTION, COMMIT, and ROLLBACK Statements".) An EXECUTE has the text that it executes.
 */
export function endsConnection({ effects, entry, text }: Command, state: SessionState): boolean {
  if ((effects & Effect.endsTransaction) === 0 || entry === null) return false;
  const executed = entry.verdict.command === 'EXECUTE' && text !== null ? text.toString('latin1') : entry.digestText;
  const isReleasing = RELEASING.has(state.variables.get('completion_type'));
  if (!isReleasing && !RELEASES.test(executed)) return false;
  return executed
    .split(';')
    .some((statement) => ENDS_TRANSACTION.test(statement) && !KEEPS.test(statement) && (isReleasing || RELEASES.test(statement)));
}

import type { SessionState } from '../backend/connection-state.js';
import { Effect } from '../sql/verdict.js';
import type { Command } from './command.js';

const RELEASES = /\brelease\b/i;
const KEEPS = /\bno release\b/i;
/** completion_type as trackers report it, and by number. */
const RELEASING: ReadonlySet<string | undefined> = new Set(['RELEASE', '2']);

/**
 * COMMIT or ROLLBACK with RELEASE, in words or by `completion_type`: the server answers it and ends the connection.
 * (MySQL manual, "START TRANSACTION, COMMIT, and ROLLBACK Statements".)
 */
export function endsConnection({ effects, entry }: Command, state: SessionState): boolean {
  if ((effects & Effect.endsTransaction) === 0) return false;
  const text = entry?.digestText ?? '';
  return !KEEPS.test(text) && (RELEASES.test(text) || RELEASING.has(state.variables.get('completion_type')));
}

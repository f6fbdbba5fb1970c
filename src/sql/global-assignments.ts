import { type Assignment, parseAssignments } from './classify/set-statements.js';
import { setStatements } from './session-text.js';
import type { LexModes } from './verdict.js';

const TRANSACTION_VARIABLES = ['transaction_isolation', 'transaction_read_only'];

/**
 * Names (lower case) of the global variables that the SETs of a text change at once, which PERSIST_ONLY does not; null when that is not sure.
 * SET GLOBAL TRANSACTION counts with both of its variables.
 */
export function assignedGlobalVariables(text: Uint8Array, mode: LexModes): readonly string[] | null {
  const assignments = setStatements(text, mode)?.flatMap(parseAssignments);
  if (assignments === undefined || assignments.some(({ kind }) => kind === 'unknown')) return null;
  return [...new Set(assignments.filter(isGlobal).flatMap(({ kind, name }) => (kind === 'transaction' ? TRANSACTION_VARIABLES : [name])))];
}

const isGlobal = ({ scope }: Assignment): boolean => scope === 'global' || scope === 'persist';

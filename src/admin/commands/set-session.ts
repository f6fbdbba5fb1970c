import { findVariable, variableTable } from '../../config/variables.js';
import { suggestion } from '../catalog.js';
import { type AdminCommand, everybody } from '../command.js';
import { AdminError, ok } from '../reply.js';
import { isSettable } from '../session-variables.js';

/**
 * SET of what drivers and tools set when they connect, one or several: accepted, without effect. Anything else is an error that names
 * the nearest variable. SET mysql-x and SET admin-x are looked at before.
 */
export const setSession: AdminCommand = {
  pattern: /^SET\s+(?!(?:GLOBAL\s+)?["'`]?(?:mysql|admin)-)([\s\S]+)$/i,
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, list]) {
    for (const assignment of assignmentsOf(list!)) checkAssignment(assignment);
    return ok();
  },
};

/** Split at commas outside of quotes and brackets. */
function assignmentsOf(list: string): string[] {
  const parts = list.match(/(?:'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|\((?:[^()]|\([^()]*\))*\)|[^,])+/g) ?? [];
  return parts.map((part) => part.trim());
}

function checkAssignment(text: string): void {
  if (/^(?:(?:GLOBAL|SESSION|LOCAL)\s+)?TRANSACTION\b/i.test(text) || /^@[^@]/.test(text)) return;
  if (/^(?:NAMES|CHARACTER\s+SET|CHARSET)\b/i.test(text)) return;
  const name = /^(?:(?:GLOBAL|SESSION|LOCAL|PERSIST)\s+|@@(?:GLOBAL\.|SESSION\.|LOCAL\.)?)?[`"]?([\w-]+)[`"]?\s*:?=/i.exec(text)?.[1];
  if (name === undefined) throw new AdminError(`can not read SET ${text}; accepted: SET mysql-… = value, SET admin-… = value`);
  if (isSettable(name)) return;
  const names = variableTable.map((record) => record.name);
  const bare = variableTable.find((record) => record.name.slice(record.name.indexOf('-') + 1) === name.toLowerCase());
  const hint = bare === undefined ? suggestion(name, names) : `; did you mean ${findVariable(bare.name)!.name}?`;
  throw new AdminError(`Unknown global variable: '${name}'${hint || '.'}`);
}

import type { PooledConnection } from '../pool/pooled-connection.js';
import { DiagnosticsUse, Effect } from '../sql/verdict.js';
import { type Command, ReplyUse } from './command.js';
import type { OwnDiagnostics } from './own-diagnostics.js';
import { mayKeepFoundRows, RUNS_WHAT_IS_HIDDEN } from './own-found-rows.js';

/** MariaDB keeps what is there over a routine without tables, whosever it is: it may show that of another session than the command's. */
export function mayKeepOthers(command: Command, { conditionsAt }: OwnDiagnostics, connection: PooledConnection): boolean {
  if ((command.effects & RUNS_WHAT_IS_HIDDEN) === 0 || connection.login.flavour !== 'mariadb') return false;
  if ((command.effects & Effect.multiple) !== 0) return false;
  const isCertainToKeep = ((command.entry?.verdict.diagnostics ?? 0) & DiagnosticsUse.keepsConditions) !== 0;
  if (isCertainToKeep || command.replyUse !== ReplyUse.forward) return false;
  return conditionsAt !== connection;
}

/** The command may leave FOUND_ROWS() there as it is, and that is another session's. */
export function lacksFoundRows(command: Command, diagnostics: OwnDiagnostics, connection: PooledConnection): boolean {
  if (!mayKeepFoundRows(command, connection.login.flavour) || command.replyUse !== ReplyUse.forward) return false;
  // MariaDB may keep them too, and bringing the number would clear them.
  if (connection.login.flavour === 'mariadb' && diagnostics.hasConditionsAt(connection)) return false;
  return diagnostics.foundRows.isToBeBroughtTo(connection);
}

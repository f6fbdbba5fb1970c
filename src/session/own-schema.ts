import type { SessionState } from '../backend/connection-state.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { Capability, has } from '../protocol/constants.js';
import { Effect } from '../sql/verdict.js';
import type { Command } from './command.js';
import type { SessionContext } from './context.js';
import { lexModeOf } from './lex-mode.js';
import { textInNoSchema } from './own-values.js';
import { EXPLAINED_STATE_CHANGE } from './pins.js';
import type { ClientStatement } from './prepared-statements.js';
import { findPrepared } from './statement-replies.js';

/**
 * A server executes a prepared statement in the schema that it was prepared in, and goes back then. Usually it can be left to do that.
 *
 * @param current the session's state, whose schema is another one
 * @returns the schema that the connection has to stand in for an execution, or null where the session's own is right: what the server reports
 *   of its way there and back would hide what a trigger or a function changes besides; and no server can be told to forget a schema
 */
export function schemaToStandIn({ entry, state }: ClientStatement, current: SessionState): string | null {
  const { effects, readOnly } = entry.verdict;
  const isExplained = readOnly || (effects & EXPLAINED_STATE_CHANGE) !== Effect.none;
  return isExplained && state.schema !== '' && current.schema !== '' ? null : state.schema;
}

/**
 * On the connection that the session keeps: what is prepared there the server executes where it belongs, if nobody else could go there and
 * back. What belongs into no schema and is not prepared there is executed in that of the connection, which can not be told to forget it:
 * DATABASE() is made NULL in its text. So are writes that are prepared there: the server's report of the way could be one of a trigger.
 */
export function stayInSchema(
  connection: PooledConnection,
  command: Command,
  session: SessionState,
  { defaultSqlMode, forms, states }: Pick<SessionContext, 'defaultSqlMode' | 'forms' | 'states'>,
): void {
  const { schema } = connection.state;
  if (command.ownSchema === schema || (command.ownSchema !== '' && session.schema !== '')) return;
  const { entry, fixed, form, state } = command.statement as ClientStatement;
  const isUnseen = command.ownSchema !== '' || entry.verdict.readOnly;
  const isLeftToServer = command.prepared !== null && isUnseen;
  if (isLeftToServer || command.ownSchema === '') command.ownSchema = null;
  if (isLeftToServer || command.ownSchema !== null) return;
  const under = states.withSchema(state, schema);
  const ignoresSpace = has(connection.login.capabilities, Capability.ignoreSpace);
  const text = textInNoSchema(form.text, lexModeOf(state, defaultSqlMode, connection.identity, ignoresSpace));
  const shared = forms.get(under, text);
  command.preparedUnder = under;
  command.form = command.formBefore = form.isAlone ? shared.alone() : fixed === null ? shared : shared.withTypes(fixed);
  findPrepared(connection, command);
}

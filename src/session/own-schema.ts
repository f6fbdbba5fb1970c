import type { SessionState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { Capability, has, MAX_PACKET, PACKET_HEADER_BYTES, ServerStatus } from '../protocol/constants.js';
import { queryTextStart } from '../protocol/packets/com-query.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { Effect } from '../sql/verdict.js';
import type { ClientSide } from './client-side.js';
import type { Command } from './command.js';
import type { SessionContext } from './context.js';
import { lexModeOf } from './lex-mode.js';
import { type Sender, textInSchema, useText } from './own-values.js';
import { EXPLAINED_STATE_CHANGE } from './pins.js';
import type { ClientStatement } from './prepared-statements.js';
import { findPrepared } from './statement-replies.js';

type Preparing = Pick<SessionContext, 'defaultSqlMode' | 'forms' | 'states'>;

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
export function stayInSchema(connection: PooledConnection, command: Command, session: SessionState, context: Preparing): void {
  const { schema } = connection.state;
  if (command.ownSchema === schema || (command.ownSchema !== '' && session.schema !== '')) return;
  const { entry } = command.statement as ClientStatement;
  const isUnseen = command.ownSchema !== '' || entry.verdict.readOnly;
  const isLeftToServer = command.prepared !== null && isUnseen;
  if (isLeftToServer || command.ownSchema === '') command.ownSchema = null;
  if (isLeftToServer || command.ownSchema !== null) return;
  // A client that is told of schemas is told of the way back from none.
  if ((entry.verdict.effects & Effect.changesSchema) === 0 && schema === session.schema) command.ownSchema = schema;
  executeIn(schema, '', command, connection.identity, has(connection.login.capabilities, Capability.ignoreSpace), context);
  findPrepared(connection, command);
}

/** The client is told as by a server that goes into the statement's schema and back: MariaDB's EOF packets say that something has changed. */
export function tellOfSwitch({ login, tracker }: PooledConnection, { ownSchema }: Command): void {
  tracker.signalsEachOk = ownSchema !== null;
  if (login.flavour === 'mariadb') tracker.addedToEof = ServerStatus.sessionStateChanged;
}

/** The schema of the session, `name`, can not be chosen: the command under way runs in none, where DATABASE() is that name all the same. */
export function withoutSchema(
  command: Command,
  name: string,
  client: Sender & Pick<ClientSide, 'lexMode'>,
  identity: BackendIdentity,
  context: Preparing,
): void {
  const bytes = command.bytes as Buffer;
  if (command.replyKind === ReplyKind.execute)
    executeIn('', name, command, identity, has(client.capabilities, Capability.ignoreSpace), context);
  else if (command.replyKind === ReplyKind.query && (command.effects & Effect.multiple) === 0 && bytes.length < MAX_PACKET) {
    const text = bytes.subarray(queryTextStart(bytes, PACKET_HEADER_BYTES, bytes.length, client.capabilities));
    const given = textInSchema(text, client.lexMode, name);
    if (given !== text) useText(command, client, given);
  }
}

/** The prepared statement is executed as one that was prepared in `schema`. `name`: what DATABASE() gives. */
function executeIn(
  schema: string,
  name: string,
  command: Command,
  identity: BackendIdentity,
  ignoresSpace: boolean,
  { defaultSqlMode, forms, states }: Preparing,
): void {
  const statement = command.statement as ClientStatement;
  const { fixed, form, state } = statement;
  const under = states.withSchema(state, schema);
  const text = textInSchema(form.text, lexModeOf(state, defaultSqlMode, identity, ignoresSpace), name);
  const shared = forms.get(under, text);
  command.preparedUnder = under;
  command.form = command.formBefore = form.isAlone ? shared.alone() : fixed === null ? shared : shared.withTypes(fixed);
  if (command.wantsCursor) statement.cursorForm = command.form = command.formBefore = shared.alone();
}

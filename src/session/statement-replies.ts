import type { PooledConnection } from '../pool/pooled-connection.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import type { GlobalCounters } from '../stats/global-counters.js';
import type { Command } from './command.js';
import type { SessionContext } from './context.js';
import { closeRefused } from './long-data.js';
import { type ClientStatement, closeOnServer, rememberPrepared } from './prepared-statements.js';
import { Answer } from './server-answers.js';

/**
 * Fills `command.prepared` with the command's statement as `connection` has it, or null. One that has the types of before this
 * execution becomes one that has them of now.
 */
export function findPrepared(connection: PooledConnection, command: Command): void {
  const { form, formBefore } = command;
  const { prepared } = connection;
  command.prepared = form === null ? null : (prepared.get(form) ?? null);
  if (command.prepared !== null || form === null || formBefore === null || formBefore === form) return;
  if (command.takesAtHomeOnly && command.statement?.home !== connection) return;
  const before = prepared.get(formBefore);
  if (before === undefined) return;
  prepared.rename(before, form);
  before.bindings = command.statement?.history?.before ?? 0;
  command.prepared = before;
}

/** A command on the prepared statement `command.statement` has been answered on `connection`, whose tracker describes the reply. */
export function followStatement(connection: PooledConnection, command: Command, { snapshot, stats }: SessionContext): void {
  command.isAnswered = true;
  if (command.replyKind === ReplyKind.execute) closeRefused(connection, command, stats.counters);
  if (command.answer === Answer.ordinary) follow(connection, command, snapshot.variables.maxStmtsPerConnection, stats.counters);
  command.isAnswered = false;
}

function follow(connection: PooledConnection, command: Command, maxStatements: number, counters: GlobalCounters): void {
  const { tracker } = connection;
  const statement = command.statement as ClientStatement;
  if (command.replyKind === ReplyKind.prepare) {
    if (tracker.statementId === 0) return;
    // What it has prepared in no schema is not what the session's is for.
    if (command.lacksSchema) {
      closeOnServer(connection, [tracker.statementId], counters);
      return;
    }
    rememberPrepared(connection, statement.form, tracker.statementId, maxStatements, counters);
    statement.home = connection;
    return;
  }
  if (command.replyKind !== ReplyKind.execute) return;
  statement.home = connection;
  if (statement.history !== null && command.prepared !== null && command.form === statement.form)
    statement.history.onExecuted(command.prepared);
  if (statement.columns > 0 && tracker.resultSets > 0) statement.columns = tracker.numColumns;
}

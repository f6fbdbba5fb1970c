import { ROLE } from '../backend/connection-state.js';
import { type ServerError, weirError } from '../base/errors.js';
import type { HostgroupId } from '../base/ids.js';
import type { Hostgroup } from '../pool/hostgroup.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { readErr } from '../protocol/packets/err.js';
import type { ReplyTracker } from '../protocol/reply-tracker.js';
import { Effect } from '../sql/verdict.js';
import { isFirstPacket } from './after-reply.js';
import type { ClientSide } from './client-side.js';
import { type Command, ReplyUse } from './command.js';
import type { SessionContext } from './context.js';
import type { LossRecovery } from './loss-recovery.js';
import { type LossPhase, onlyCalls } from './lost-statement.js';
import { withoutSchema } from './own-schema.js';
import { PINNING_EFFECTS } from './pins.js';
import { type RunnerSteps, UNANSWERED } from './runner-steps.js';
import { Answer, answerOf, isMissing, isRoleMissing, isSchemaGone, NO_SCHEMA } from './server-answers.js';
import type { SessionConnections } from './session-connections.js';
import type { TrackedSession } from './tracked-session.js';

/** The refusal may come after a part of it was executed: of a CALL or an EXECUTE. */
function mayHaveBegun({ effects, entry }: Command): boolean {
  if ((effects & Effect.sqlPrepare) !== 0) return true;
  return (effects & Effect.unknownState) !== 0 && (entry === null || !onlyCalls(entry.verdict));
}

const PHASE_OF_ANSWER: Readonly<Record<Answer, LossPhase>> = {
  [Answer.ordinary]: 'unanswered',
  [Answer.readOnly]: 'refused',
  [Answer.leaving]: 'unanswered',
  [Answer.leavingUnread]: 'unsent',
  [Answer.missing]: 'refused',
  [Answer.noRoom]: 'refused',
  [Answer.noSchema]: 'refused',
};

/** Errors of servers that say that they are not the ones to execute anything now: they go, or take no writes. */
export class TurnedAway {
  constructor(
    private readonly context: SessionContext,
    private readonly client: Pick<ClientSide, 'assembler' | 'capabilities' | 'id' | 'lexMode'>,
    private readonly command: Command,
    private readonly session: TrackedSession,
    private readonly connections: SessionConnections,
    private readonly recovery: LossRecovery,
    private readonly steps: RunnerSteps,
  ) {}

  /** The same of what weir sent in front of a command: this connection is of no use to the command. */
  isGoodbye(connection: PooledConnection, error: ServerError): boolean {
    const answer = answerOf(error.errno, error.message, false);
    if (answer === Answer.ordinary || answer === Answer.missing) return false;
    this.context.faults.report(connection.server.key, error.errno, error.message);
    connection.needsReset = true;
    return true;
  }

  /** The command is behind what failed: it got no better answer, and goes elsewhere. */
  onRestoreFailed(connection: PooledConnection, error: ServerError): void {
    if (this.isGoodbye(connection, error)) this.note(Answer.leaving, error.message);
    else if (this.writersThatMayKnow(connection, error.errno) !== null || this.lacksSchema(connection, error)) {
      this.note(Answer.missing, error.message);
    }
  }

  /** The command has not been sent yet. `isOwn`: it is not its own preparation that failed. @returns false when `error` is the client's */
  asksWriter(connection: PooledConnection, error: ServerError, isOwn: boolean): boolean {
    const known = this.writersThatMayKnow(connection, error.errno);
    if (known !== null && isRoleMissing(error.errno)) this.session.lacksRoles = true;
    const isLess = known === null && isOwn && (this.lacksSchema(connection, error) || this.losesRoles(connection, error));
    const writers = isLess ? this.groupOf(connection) : known;
    if (writers !== null) this.runOnWriter(connection, writers);
    return writers !== null;
  }

  /**
   * The session's schema is not there now, or not for this user: another session took it away. A server leaves the name to its session,
   * which can not be done on another connection; without a schema the command gets an answer of its own. The next one tries again.
   */
  private lacksSchema(connection: PooledConnection, { errno }: ServerError): boolean {
    const { command, connections, session } = this;
    if (!isSchemaGone(errno) || connection === connections.held || command.replyUse === ReplyUse.login) return false;
    if (command.ownSchema !== null || session.state.schema === '') return false;
    command.lacksSchema = true;
    command.ownSchema = '';
    return true;
  }

  /** Nor has this user the roles any more that the session has set. A server leaves their names, without what they gave. */
  private losesRoles(connection: PooledConnection, { errno }: ServerError): boolean {
    const { connections, session } = this;
    if (!isRoleMissing(errno) || connection === connections.held || (session.state.variables.get(ROLE) ?? 'NONE') === 'NONE') return false;
    session.loseRoles();
    return true;
  }

  private groupOf(connection: PooledConnection): Hostgroup {
    return this.context.pool.hostgroup(connection.hostgroupId as HostgroupId);
  }

  /** What a reader does not have the primary may have: a table, a column or a schema that was made a moment ago, by whomever. */
  private writersThatMayKnow(connection: PooledConnection, errno: number): Hostgroup | null {
    return isMissing(errno) ? this.writersForRead(connection) : null;
  }

  /** They may do what a reader refuses; null: the command is no read, or did not run on a reader that the session could leave. */
  private writersForRead(connection: PooledConnection): Hostgroup | null {
    const { command, connections, context } = this;
    if (!command.readOnly || command.entry === null || connection === connections.held) return null;
    const pair = context.snapshot.replicationHostgroups.find(({ reader }) => reader === connection.hostgroupId);
    const writers = pair === undefined ? null : context.pool.hostgroup(pair.writer);
    return writers?.hasOnline === true ? writers : null;
  }

  private runOnWriter(connection: PooledConnection, writers: Hostgroup): void {
    const { command, connections } = this;
    // Now: once it is given back, the next session's command is in that place.
    if (command.bytes === null) command.bytes = connection.copyOfCommand();
    if (command.lacksSchema) withoutSchema(command, this.session.state.schema, this.client, connections.identity, this.context);
    connections.active = null;
    connections.giveBack(connection, 0);
    command.forgetReply();
    // Whoever keeps a connection to the writer must not wait for a second one.
    command.group = connections.held?.hostgroupId === writers.id ? null : writers;
    command.fallback = null;
    this.steps.lease();
  }

  /**
   * The tracker stands at an ERR packet; nothing of it is with the client yet.
   * @returns false when the answer is the client's all the same
   */
  takes(connection: PooledConnection, tracker: ReplyTracker): boolean {
    const { message } = readErr(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
    if (this.command.lacksSchema && tracker.errno === NO_SCHEMA && isFirstPacket(tracker)) {
      this.note(Answer.noSchema, message);
      return true;
    }
    const answer = answerOf(tracker.errno, message, tracker.isUnasked);
    if (answer === Answer.ordinary) return false;
    const { command, context } = this;
    const isFirst = isFirstPacket(tracker);
    if (answer === Answer.missing) {
      if (!isFirst || command.replyUse === ReplyUse.swallow || this.writersThatMayKnow(connection, tracker.errno) === null) return false;
      this.note(answer, message);
      return true;
    }
    // A view may call a function that writes.
    if (answer === Answer.readOnly && isFirst && command.replyUse !== ReplyUse.swallow && this.writersForRead(connection) !== null) {
      connection.needsReset = true;
      this.note(Answer.missing, message);
      return true;
    }
    if (answer === Answer.readOnly) {
      // Not every hostgroup has a writer to wait for.
      if (!isFirst || mayHaveBegun(command) || !context.router.awaitsWriter(connection.hostgroupId)) return false;
    }
    context.faults.report(connection.server.key, tracker.errno, message);
    connection.needsReset = connection.needsReset || answer !== Answer.readOnly || (command.effects & PINNING_EFFECTS) !== 0;
    if (!isFirst || command.replyUse === ReplyUse.swallow) return false;
    this.note(answer, message);
    return true;
  }

  private note(answer: Answer, text: string): void {
    this.command.answer = answer;
    this.command.answerText = text;
  }

  /** The reply that has been noted is complete. */
  onReplyDone(connection: PooledConnection): void {
    const { command, context } = this;
    const { answer } = command;
    command.answer = Answer.ordinary;
    if (answer === Answer.missing) {
      const pair = context.snapshot.replicationHostgroups.find(({ reader }) => reader === connection.hostgroupId);
      this.runOnWriter(connection, pair === undefined ? this.groupOf(connection) : context.pool.hostgroup(pair.writer));
      return;
    }
    if (answer === Answer.noSchema) {
      this.connections.active = null;
      this.connections.giveBack(connection, 0);
      this.steps.fail(weirError('unknownSchema', { schema: this.session.state.schema }), UNANSWERED);
      return;
    }
    if (connection === this.connections.held) connection.needsReset = true;
    if (answer === Answer.readOnly) {
      if (command.refusedMs === 0) command.refusedMs = context.nowMs();
      const group = context.pool.hostgroup(connection.hostgroupId as HostgroupId);
      context.pool.setAside(group, connection.server, 'it refused a write as read-only');
    }
    this.recovery.recover(connection, PHASE_OF_ANSWER[answer], new Error(command.answerText));
  }
}

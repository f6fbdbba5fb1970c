import { NotSent } from '../backend/backend-connection.js';
import { type ServerError, weirError } from '../base/errors.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { ServerStatus } from '../protocol/constants.js';
import { Effect } from '../sql/verdict.js';
import type { ClientSide } from './client-side.js';
import { type Command, ReplyUse } from './command.js';
import type { CommandSender } from './command-sender.js';
import type { SessionContext } from './context.js';
import { lossError } from './loss-error.js';
import { type Kept, type LossOutcome, type LossPhase, outcomeOf } from './lost-statement.js';
import { timeoutError } from './query-timeout.js';
import { type RunnerSteps, UNANSWERED } from './runner-steps.js';
import { Answer } from './server-answers.js';
import type { SessionConnections } from './session-connections.js';
import type { TrackedSession } from './tracked-session.js';

/** Servers that one command that never left may be tried on. */
const MAX_UNSENT_ATTEMPTS = 5;

/** What died with the kept connection between two commands, and what the next one is told unless it can do without. */
interface IdleLoss {
  readonly kept: Kept;
  readonly error: ServerError;
}

/** What becomes of a command, and of its session, when their server is lost. */
export class LossRecovery {
  private idleLoss: IdleLoss | null = null;

  constructor(
    private readonly context: SessionContext,
    private readonly client: ClientSide,
    private readonly command: Command,
    private readonly session: TrackedSession,
    private readonly connections: SessionConnections,
    private readonly sender: CommandSender,
    private readonly steps: RunnerSteps,
  ) {}

  /** The kept connection died since the last command, and took something along. */
  get hasLost(): boolean {
    return this.idleLoss !== null;
  }

  forgetLoss(): void {
    this.idleLoss = null;
  }

  /** The reply is awaited. `begun`: a byte of it has come. */
  onLost(connection: PooledConnection, cause: Error | null, begun: boolean): void {
    if (this.connections.active !== connection) return;
    const { command, sender } = this;
    if (sender.sending) {
      // The client's buffer still has the command: this is within the call that tried to send it.
      sender.sending = false;
      sender.keepBytes();
      this.recover(connection, 'unsent', cause);
      return;
    }
    if (cause instanceof NotSent) {
      this.recover(connection, 'unsent', cause);
      return;
    }
    this.context.faults.report(connection.server.key, 0, cause?.message ?? 'connection closed by the server');
    const isPartial = begun && command.replyUse === ReplyUse.forward && connection.tracker.forwardedBytes > 0;
    if (isPartial) this.endPartialReply(connection, cause);
    else this.recover(connection, 'unanswered', cause);
  }

  /** A connection of the command failed before the command was sent on it. */
  onLostUnsent(connection: PooledConnection, cause: Error | null): void {
    if (this.connections.active === connection) this.recover(connection, 'unsent', cause);
  }

  /** A part of the reply is with the client: between two rows it ends with an error, else it is cut off, as by a server that dies. */
  private endPartialReply(connection: PooledConnection, cause: Error | null): void {
    const { tracker } = connection;
    const sequence = tracker.mayEndWithError ? tracker.expectedSequence : UNANSWERED;
    const { error } = this.settle(connection, 'unanswered', cause);
    if (sequence !== UNANSWERED || this.client.receivesFile) this.steps.fail(error, sequence);
    else this.client.transport.destroy();
  }

  /** The server has not executed the command, or nobody knows; nothing of a reply is with the client. */
  recover(connection: PooledConnection, phase: LossPhase, cause: Error | null): void {
    const { command } = this;
    // Now: once it is given back, the next session's command is in that place.
    if (command.bytes === null) command.bytes = connection.copyOfCommand();
    const { outcome, error } = this.settle(connection, phase, cause);
    const isAgain = outcome === 'again' || outcome === 'againReadOnly';
    if (!isAgain || !this.mayRunAgain(phase)) {
      this.steps.fail(isAgain && command.killedMs > 0 ? timeoutError(this.context) : error, UNANSWERED);
      return;
    }
    if ((command.effects & Effect.readsDiagnostics) !== 0 && !command.runsAnywhere) {
      this.steps.fail(weirError('diagnosticsLost'), UNANSWERED);
      return;
    }
    if (outcome === 'againReadOnly') command.movesTransaction = true;
    this.runElsewhere(connection, phase);
  }

  /** Forgets what the connection had, gives it back if it lives, and says what that means for the command. */
  private settle(connection: PooledConnection, phase: LossPhase, cause: Error | null): { outcome: LossOutcome; error: ServerError } {
    const { command, connections, session } = this;
    const { autocommit } = session;
    const wasHeld = connection === connections.held;
    const inTransaction = wasHeld && session.inTransaction;
    const kept = wasHeld ? session.kept : 'nothing';
    const lost = wasHeld ? session.keptNames : '';
    connections.active = null;
    if (wasHeld) connections.forgetHeld();
    if (!connection.isClosed) connections.giveBack(connection, 0);
    const outcome = outcomeOf({ phase, kept, inTransaction, autocommit, command });
    const statement = command.entry?.verdict.command ?? '';
    return { outcome, error: lossError(outcome, { connection, cause, lost, statement }) };
  }

  private mayRunAgain(phase: LossPhase): boolean {
    const { command } = this;
    if (command.killedMs > 0) return false;
    // A refused statement is bounded by the time that it may wait.
    if (phase === 'refused') return true;
    if (phase === 'unsent') return command.losses < MAX_UNSENT_ATTEMPTS;
    const retries = this.context.snapshot.variables.queryRetriesOnFailure;
    if (command.repeats < retries) return true;
    // Behind the readers that it allows, the writer is asked once.
    return retries > 0 && this.goToFallback();
  }

  private runElsewhere(connection: PooledConnection, phase: LossPhase): void {
    const { command, context } = this;
    command.losses += 1;
    if (phase === 'unanswered') {
      command.repeats += 1;
      context.stats.counters.retriedReads++;
    }
    command.forgetReply();
    command.answer = Answer.ordinary;
    command.beginsReadOnly = command.movesTransaction;
    command.clearsDiagnostics = command.asksBeforeAny;
    if (command.avoid === null) command.avoid = [connection.server];
    else command.avoid.push(connection.server);
    if (command.group === null && this.connections.held === null) this.client.chooseGroup();
    const { avoid, group } = command;
    if (group?.onlineMembers.every((member) => avoid?.includes(member.server))) this.goToFallback();
    this.steps.lease();
  }

  private goToFallback(): boolean {
    const { command, context } = this;
    if (command.fallback === null || command.group === null) return false;
    const writers = context.pool.hostgroup(command.fallback);
    if (writers === command.group || !writers.hasOnline) return false;
    command.group = this.connections.held?.hostgroupId === writers.id ? null : writers;
    command.fallback = null;
    context.stats.counters.readerFallbacks++;
    return true;
  }

  /** No reply was awaited on it. */
  onIdleLost(connection: PooledConnection, cause: Error | null): void {
    const { connections, session } = this;
    if (connection !== connections.held) return;
    const { kept, keptNames, statusFlags } = session;
    connections.forgetHeld();
    if (kept === 'nothing') return;
    const outcome = kept === 'state' ? 'stateLost' : 'transactionLost';
    this.idleLoss = { kept, error: lossError(outcome, { connection, cause, lost: keptNames, statement: '' }) };
    // For its client it goes on: it begins again with the next statement.
    if (kept === 'freshReadOnly') session.statusFlags = statusFlags;
  }

  /** True when the next command may run though something was lost before it; else it has been told. */
  getsOverLoss(): boolean {
    const { command, idleLoss, session } = this;
    if (idleLoss === null) return true;
    this.idleLoss = null;
    const { autocommit } = session;
    const outcome = outcomeOf({ phase: 'unsent', kept: idleLoss.kept, inTransaction: true, autocommit, command });
    switch (outcome) {
      case 'again':
        session.statusFlags &= ServerStatus.autocommit;
        return true;
      case 'againReadOnly':
        command.movesTransaction = true;
        command.beginsReadOnly = true;
        return true;
      default:
        this.steps.fail(idleLoss.error, UNANSWERED);
        return false;
    }
  }
}

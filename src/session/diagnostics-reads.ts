import { weirError } from '../base/errors.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { parseAskedDiagnostics, parseShownConditions, parseShownCount } from '../sql/diagnostics-text.js';
import { DiagnosticsUse, Effect, type Effects, SHOWS_SESSION_VARIABLES } from '../sql/verdict.js';
import { asSet } from './asked-diagnostics.js';
import { EMPTY_LIST, ShownAnswer } from './captured-answer.js';
import type { Captured } from './captured-conditions.js';
import type { ClientSide } from './client-side.js';
import { type Command, ReplyUse } from './command.js';
import type { CommandSender } from './command-sender.js';
import type { SessionContext } from './context.js';
import type { LossRecovery } from './loss-recovery.js';
import { mayKeepFoundRows } from './own-found-rows.js';
import { NEEDS_INSERT_ID } from './own-insert-id.js';
import { countStatement, type KnownDiagnostics, ownTextToPrepare, useOwnValues, useText } from './own-values.js';
import type { ClientStatement } from './prepared-statements.js';
import { type RunnerSteps, UNANSWERED } from './runner-steps.js';
import type { SessionConnections } from './session-connections.js';
import { StatementForm } from './statement-form.js';
import type { StatementRecords } from './statement-records.js';
import { findPrepared } from './statement-replies.js';
import type { TrackedSession } from './tracked-session.js';

const D = DiagnosticsUse;
const NEEDS_CONDITIONS = D.readsCounts | D.showsConditions | D.showsCount | D.getsDiagnostics;
const NEEDS_ROW_COUNT = D.readsRowCount | D.getsDiagnostics;
const OF_LAST_THERE = NEEDS_CONDITIONS | NEEDS_ROW_COUNT | D.readsConnection;
const READS_OF_LAST: Effects = Effect.readsDiagnostics | Effect.readsLastInsertId;
/** Effects of statements that ask how those before them went, or run others that may. */
export const LOOKS_BACK: Effects = READS_OF_LAST | NEEDS_INSERT_ID | Effect.multiple | Effect.sqlPrepare;
/** What a statement that asks for diagnostics needs of its runner. */
export interface ReadsSteps extends RunnerSteps {
  /** Brings the connection to the state of the session and sends the command. */
  run(connection: PooledConnection): void;
}

/**
 * Statements that ask how the one before them went. They run where that is known; elsewhere with the numbers in their text, or are answered from
 * what the connection has said before somebody else got it.
 */
export class DiagnosticsReads {
  constructor(
    private readonly context: SessionContext,
    private readonly client: ClientSide,
    private readonly command: Command,
    private readonly session: TrackedSession,
    private readonly connections: SessionConnections,
    private readonly records: StatementRecords,
    private readonly sender: CommandSender,
    private readonly recovery: LossRecovery,
    private readonly steps: ReadsSteps,
  ) {}

  /** The command, with effects of `LOOKS_BACK`, asks for what may be on certain connections only. */
  asks(): boolean {
    const { command, connections, session } = this;
    const { interest } = connections.identity;
    if ((command.effects & READS_OF_LAST) === 0) return (interest.foundRows > 0 && this.lacksFoundRows()) || this.lacksInsertId();
    // Who looks at all variables hardly means that one.
    const means = (command.effects & SHOWS_SESSION_VARIABLES) === Effect.readsLastInsertId;
    if (means && !session.insertId.isNone) interest.readsInsertIds();
    if (((command.entry?.verdict.diagnostics ?? 0) & D.readsFoundRows) !== 0) interest.readsFoundRows();
    return (command.effects & Effect.readsDiagnostics) !== 0 || !session.insertId.isSure;
  }

  start(): void {
    const { command, sender } = this;
    const { diagnostics } = this.session;
    if ((command.effects & READS_OF_LAST) === 0) {
      this.startWithLast();
      return;
    }
    const use = command.entry?.verdict.diagnostics ?? 0;
    const knowing = this.leaseKnowing(use);
    if (knowing !== null) {
      this.steps.run(knowing);
      return;
    }
    if (diagnostics.isAsked) {
      sender.keepBytes();
      diagnostics.onceAnswered(() => this.goOn(() => this.start()));
      return;
    }
    const toAsk = this.leaseToAsk(use);
    if (toAsk !== null) this.ask(toAsk, () => this.goOn(() => this.start()));
    else if (this.isLost(use)) this.steps.fail(weirError('diagnosticsLost'), UNANSWERED);
    else this.startWithout(use);
  }

  /** The kept connection may be lost by now. */
  private goOn(next: () => void): void {
    const { client, command, connections, recovery } = this;
    if (recovery.hasLost && !recovery.getsOverLoss()) return;
    if (command.group === null && connections.held === null) client.chooseGroup();
    next();
  }

  private lacksFoundRows(): boolean {
    const { held } = this.connections;
    if (held !== null && this.session.diagnostics.foundRows.isOn(held)) return false;
    return mayKeepFoundRows(this.command, this.context.identity.flavour);
  }

  private lacksInsertId(): boolean {
    const { command, connections, session } = this;
    return (command.effects & NEEDS_INSERT_ID) !== 0 && !session.insertId.isSure && !session.insertId.isOn(connections.held);
  }

  /** Where FOUND_ROWS() and LAST_INSERT_ID() are the session's, or once they are known: they are then brought to the connection. */
  private startWithLast(): void {
    const { command, connections, sender, steps } = this;
    const { diagnostics } = this.session;
    const { foundRows, insertId } = diagnostics;
    for (const at of [foundRows.at, insertId.at])
      if (at !== null && this.hasLast(at) && this.mayRunOn(at) && this.lease(at)) {
        steps.run(at);
        return;
      }
    if (diagnostics.isAsked) {
      sender.keepBytes();
      diagnostics.onceAnswered(() => this.goOn(() => this.startWithLast()));
      return;
    }
    const knowing = [
      this.lacksFoundRows() && foundRows.at !== null && foundRows.isToBeAskedAt(foundRows.at) ? foundRows.at : null,
      this.lacksInsertId() && insertId.at !== null && insertId.isToBeAskedAt(insertId.at) ? insertId.at : null,
    ].find((at) => at !== null && this.lease(at));
    if (knowing !== null && knowing !== undefined) this.ask(knowing, () => this.goOn(() => this.startWithLast()));
    else if (connections.held !== null && command.group === null) steps.run(connections.held);
    else steps.lease();
  }

  /** What the command may leave as it was is the session's there. */
  private hasLast(at: PooledConnection): boolean {
    const { foundRows, insertId } = this.session.diagnostics;
    return (!this.lacksFoundRows() || foundRows.isOn(at)) && (!this.lacksInsertId() || insertId.isOn(at));
  }

  /** Goes on once it is known how many warnings the last statement left, as far as anybody can tell. */
  countWarnings(then: () => void): void {
    const { diagnostics } = this.session;
    const { conditionsAt } = diagnostics;
    if (diagnostics.isAsked) {
      this.sender.keepBytes();
      diagnostics.onceAnswered(then);
    } else if (conditionsAt !== null && diagnostics.hasConditionsAt(conditionsAt) && this.lease(conditionsAt)) this.ask(conditionsAt, then);
    else then();
  }

  /** The connection that can answer all of it, leased. */
  private leaseKnowing(use: number): PooledConnection | null {
    const { held, last } = this.connections;
    const { conditionsAt, foundRows, insertId } = this.session.diagnostics;
    for (const connection of [held, last, conditionsAt, foundRows.at, insertId.at])
      if (connection !== null && this.knows(connection, use) && this.mayRunOn(connection) && this.lease(connection)) return connection;
    return null;
  }

  private knows(connection: PooledConnection, use: number): boolean {
    const { command, records, session } = this;
    const { diagnostics } = session;
    if ((use & D.readsConnection) !== 0 && diagnostics.lastAt !== connection) return false;
    if ((use & NEEDS_CONDITIONS) !== 0 && diagnostics.conditionsAt !== connection) return false;
    if ((use & D.readsFoundRows) !== 0 && !diagnostics.foundRows.isOn(connection)) return false;
    if ((use & OF_LAST_THERE) !== 0 && !this.isReady(connection, use)) return false;
    if (this.needsInsertId && !session.insertId.isOn(connection)) return false;
    if ((use & (NEEDS_ROW_COUNT | NEEDS_CONDITIONS)) === 0) return true;
    // An insert id that has to be set first is the last statement; a schema, or a ping, is it for ROW_COUNT() only.
    if ((command.effects & Effect.readsLastInsertId) !== 0 && session.insertIdToSet(connection) !== null) return false;
    if ((use & NEEDS_ROW_COUNT) === 0) return true;
    if (connection.state.schema !== session.wanted.schema) return false;
    return diagnostics.lastAt === connection && connection.pingedMs < records.endedMs;
  }

  /** Nothing has to be sent in front of the command that changes what it asks for. A PREPARE leaves ROW_COUNT() alone. */
  private isReady(connection: PooledConnection, use: number): boolean {
    const { command, session } = this;
    const { statement } = command;
    if (connection.state !== session.state) return false;
    if (statement === null) return true;
    findPrepared(connection, command);
    if (command.prepared !== null) return true;
    const isAsPrepared = this.context.states.asPrepared(session.state, statement.state) === connection.state;
    return isAsPrepared && (use & NEEDS_CONDITIONS) === 0;
  }

  private mayRunOn(connection: PooledConnection): boolean {
    const { command, connections } = this;
    // A COM_CHANGE_USER leaves FOUND_ROWS() as it is, on connections of the user before.
    if (connection.identity !== connections.identity) return false;
    // A transaction, and what pins, is on the kept one.
    if (connections.held !== null && command.group === null) return connection === connections.held;
    return command.entry?.verdict.readOnly === true || connection.hostgroupId === command.group?.id;
  }

  private lease(connection: PooledConnection): boolean {
    return connection === this.connections.held ? !connection.isClosed : this.connections.leaseAgain(connection, null);
  }

  /** A connection of the session that can answer a part of it, leased. */
  private leaseToAsk(use: number): PooledConnection | null {
    const { diagnostics, insertId } = this.session;
    const { conditionsAt, foundRows } = diagnostics;
    // Before anything else, which would change it.
    if (this.asksRowCount(use)) {
      diagnostics.rowCountFrom = diagnostics.lastAt;
      return diagnostics.lastAt;
    }
    const asksConditions = (use & NEEDS_CONDITIONS) !== 0 && conditionsAt !== null && diagnostics.hasConditionsAt(conditionsAt);
    if (asksConditions && this.lease(conditionsAt)) return conditionsAt;
    const asksFoundRows = (use & D.readsFoundRows) !== 0 && foundRows.at !== null && foundRows.isOnlyAt(foundRows.at);
    if (asksFoundRows && this.lease(foundRows.at as PooledConnection)) return foundRows.at;
    const { at } = insertId;
    return this.needsInsertId && at !== null && insertId.isToBeAskedAt(at) && this.lease(at) ? at : null;
  }

  /** Behind a CALL, of the connection that has executed it, leased. On MySQL that costs its conditions. */
  private asksRowCount(use: number): boolean {
    const { context, records, session } = this;
    const { conditions, knowsRowCount, lastAt } = session.diagnostics;
    if ((use & NEEDS_ROW_COUNT) === 0 || knowsRowCount || lastAt === null || lastAt.pingedMs >= records.endedMs) return false;
    if (context.identity.flavour === 'mysql' && (use & NEEDS_CONDITIONS) !== 0 && conditions === 'there') return false;
    return this.lease(lastAt);
  }

  /** Goes on once `connection` has told what only it knows of the session. */
  ask(connection: PooledConnection, then: () => void): void {
    const { connections, sender, session } = this;
    if (!session.diagnostics.leaves(connection)) {
      then();
      return;
    }
    sender.keepBytes();
    connections.active = connection;
    session.diagnostics.ask(connection, (cause, lost) => {
      if (connections.active !== connection) return;
      connections.active = null;
      if (lost) this.recovery.onIdleLost(connection, cause);
      else if (connection !== connections.held) connections.giveBack(connection, 0);
      then();
    });
  }

  /** Gives the kept connection up, once it has told what only it knows of the session. */
  leaveHeld(then: () => void): void {
    const { connections } = this;
    const leave = (): void => {
      connections.dropHeld();
      this.session.clearPins();
      // Should it be lost by now: what was there goes on elsewhere, or was given up.
      this.recovery.forgetLoss();
      then();
    };
    if (connections.held === null) leave();
    else this.ask(connections.held, leave);
  }

  /** Only a connection knows the insert id that the command asks for. */
  private get needsInsertId(): boolean {
    return (this.command.effects & Effect.readsLastInsertId) !== 0 && !this.session.insertId.isSure;
  }

  /** It was only where it is no more. */
  private isLost(use: number): boolean {
    const { diagnostics } = this.session;
    const { conditions } = diagnostics;
    if ((use & D.readsConnection) !== 0) return true;
    if ((use & NEEDS_CONDITIONS) !== 0 && (conditions === 'there' || conditions === 'lost')) return true;
    if ((use & D.readsFoundRows) !== 0 && diagnostics.foundRows.value === null) return true;
    return (use & NEEDS_ROW_COUNT) !== 0 && !diagnostics.knowsRowCount;
  }

  /** On any connection, or on none. */
  private startWithout(use: number): void {
    const { command, client } = this;
    const { diagnostics } = this.session;
    const { conditions } = diagnostics;
    const captured = conditions === 'none' || typeof conditions === 'string' ? null : conditions;
    if ((use & D.showsConditions) !== 0) {
      if (captured === null) this.runOnCleared();
      else this.answer(captured);
      return;
    }
    if ((use & D.getsDiagnostics) !== 0) {
      this.getDiagnostics(captured);
      return;
    }
    if ((use & D.showsCount) !== 0) {
      this.showCount(captured);
      return;
    }
    const known: KnownDiagnostics = {
      foundRows: (use & D.readsFoundRows) === 0 ? null : diagnostics.foundRows.value,
      rowCount: (use & D.readsRowCount) === 0 ? null : diagnostics.rowCount,
      warningCount: (use & D.readsCounts) === 0 ? null : (captured?.warningCount ?? 0),
      errorCount: (use & D.readsCounts) === 0 ? null : (captured?.errorCount ?? 0),
    };
    if (command.statement === null) useOwnValues(command, client, this.session.ownNumber(client.id), known);
    else
      this.prepareAs(
        command.statement,
        ownTextToPrepare(command.statement.text, command.effects, command.lexMode, this.session.ownNumber(client.id), known),
      );
    this.runAnywhere();
  }

  /** For this execution alone. */
  private prepareAs(statement: ClientStatement, text: Buffer): void {
    const { command } = this;
    command.form = command.formBefore = new StatementForm(statement.form.key, text, true);
    if (command.wantsCursor) statement.cursorForm = command.form;
  }

  private runAnywhere(): void {
    const { command, connections, steps } = this;
    command.runsAnywhere = true;
    if (connections.held !== null && command.group === null) steps.run(connections.held);
    else steps.lease();
  }

  /** There are no conditions: what others left on the connection is cleared first. */
  private runOnCleared(): void {
    this.command.asksBeforeAny = true;
    this.command.clearsDiagnostics = true;
    this.runAnywhere();
  }

  private getDiagnostics(captured: Captured | null): void {
    const { client, command, context, session, steps } = this;
    const asked = parseAskedDiagnostics(command.text as Buffer, command.lexMode);
    const text = asked === null ? null : asSet(asked, captured, session.diagnostics, context.identity.flavour);
    if (text !== null) {
      if (command.statement === null) useText(command, client, Buffer.from(text));
      else this.prepareAs(command.statement, Buffer.from(text));
      this.runAnywhere();
    } else if (captured === null) this.runOnCleared();
    else steps.fail(weirError('diagnosticsLost'), UNANSWERED);
  }

  private showCount(captured: Captured | null): void {
    const { command, client } = this;
    const name = parseShownCount(command.text as Buffer, command.lexMode);
    if (name === null) {
      this.steps.fail(weirError('diagnosticsLost'), UNANSWERED);
      return;
    }
    const count = name === 'warnings' ? captured?.warningCount : captured?.errorCount;
    const text = countStatement(name, count ?? 0);
    if (command.statement === null) useText(command, client, Buffer.from(text));
    else this.prepareAs(command.statement, Buffer.from(text));
    this.runAnywhere();
  }

  private answer(captured: Captured): void {
    const { client, command } = this;
    const shown = parseShownConditions(command.text as Buffer, command.lexMode);
    if (shown === null) {
      this.steps.fail(weirError('diagnosticsLost'), UNANSWERED);
      return;
    }
    command.shown = new ShownAnswer(captured, shown, command.replyKind);
    command.replyUse = ReplyUse.fillIn;
    if (command.statement === null) useText(command, client, Buffer.from(EMPTY_LIST));
    else this.prepareAs(command.statement, Buffer.from(EMPTY_LIST));
    this.runAnywhere();
  }
}

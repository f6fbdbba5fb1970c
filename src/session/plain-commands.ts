import { weirError } from '../base/errors.js';
import type { ConnectionId } from '../base/ids.js';
import { Command as Com, commandName } from '../protocol/constants.js';
import { capabilitiesAfterSetOption, readComSetOption } from '../protocol/packets/simple-commands.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import type { PacketAssembler } from '../protocol/wire/framing.js';
import { ProtocolViolation } from '../protocol/wire/protocol-violation.js';
import { Effect } from '../sql/verdict.js';
import type { ClientOutput } from './client-output.js';
import { ReplyUse } from './command.js';
import type { CommandRouting } from './command-routing.js';
import type { SessionContext } from './context.js';
import type { KillStatements } from './kill-statements.js';
import { Phase } from './phase.js';
import type { PreparedCommands } from './prepared-commands.js';
import type { SessionReset } from './session-reset.js';
import type { StatementRunner } from './statement-runner.js';

/** Whose commands they are. */
export interface PlainOwner {
  readonly id: ConnectionId;
  phase: Phase;
  readonly assembler: PacketAssembler;
  readonly output: ClientOutput;
  readonly routing: CommandRouting;
  readonly prepared: PreparedCommands;
  /** There is one when commands come. */
  readonly runner: StatementRunner | null;
  readonly statusFlags: number;
  /** What identifies the connections that may serve the session has changed. */
  refreshIdentity(): void;
  readonly resets: SessionReset;
  close(): void;
  onCommandDone(failed: boolean): void;
}

/** Every command but COM_QUERY and COM_STMT_EXECUTE. */
export class PlainCommands {
  constructor(
    private readonly context: SessionContext,
    private readonly owner: PlainOwner,
    private readonly kills: KillStatements,
  ) {}

  /** The packet in the assembler is this command. */
  run(command: number, now: number): void {
    const { context, owner } = this;
    const { assembler, prepared } = owner;
    switch (command) {
      case Com.quit:
        owner.close();
        return;
      case Com.ping:
        this.ping();
        return;
      case Com.initDb:
        context.stats.counters.comFrontendInitDb++;
        this.forwardCommand(ReplyKind.simple, Effect.changesSchema, now);
        return;
      case Com.fieldList:
        this.forwardCommand(ReplyKind.fieldList, Effect.none, now);
        return;
      case Com.statistics:
        this.forwardCommand(ReplyKind.statistics, Effect.none, now);
        return;
      case Com.processInfo:
        this.forwardCommand(ReplyKind.query, Effect.none, now);
        return;
      case Com.debug:
      case Com.refresh:
        this.forwardCommand(ReplyKind.simple, Effect.none, now);
        return;
      case Com.processKill: {
        const { payloadBuffer, payloadStart, payloadEnd } = assembler;
        if (payloadEnd - payloadStart < 5) throw new ProtocolViolation('COM_PROCESS_KILL without an id');
        this.kills.killConnection(Buffer.from(payloadBuffer.subarray(payloadStart + 1, payloadStart + 5)).readUInt32LE(0) as ConnectionId);
        return;
      }
      case Com.setOption:
        this.onSetOption();
        return;
      case Com.resetConnection:
        owner.resets.resetConnection();
        return;
      case Com.changeUser:
        owner.resets.changeUser();
        return;
      case Com.stmtPrepare:
        prepared.prepare(now);
        return;
      case Com.stmtBulkExecute:
        prepared.execute(now);
        return;
      case Com.stmtFetch:
        prepared.fetch(now);
        return;
      case Com.stmtSendLongData:
        prepared.longData();
        return;
      case Com.stmtReset:
        prepared.reset(now);
        return;
      case Com.stmtClose:
        prepared.close();
        return;
      default:
        context.log.info({ connection: owner.id, command: commandName(command) }, 'client sent a command that is not supported');
        this.refuseUnknown();
    }
  }

  private refuseUnknown(): void {
    const { output, runner } = this.owner;
    (runner as StatementRunner).session.diagnostics.onOwnError(weirError('unknownCommand'));
    output.reply({ type: 'err', error: weirError('unknownCommand') }, 1);
  }

  /** MySQL counts in its answers to commands without text the conditions of the statement before. */
  private get warningsToTell(): number {
    return this.context.identity.flavour === 'mysql' ? (this.owner.runner as StatementRunner).session.diagnostics.lastWarnings : 0;
  }

  private ping(): void {
    const { owner } = this;
    const runner = owner.runner as StatementRunner;
    if (!this.mustCount && !runner.session.hasOldFlags) {
      this.answerPing();
      return;
    }
    owner.phase = Phase.running;
    runner.command.begin(ReplyKind.simple, this.context.nowMs(), owner.assembler.sequence);
    const done = (): void => {
      this.answerPing();
      owner.onCommandDone(false);
    };
    runner.refreshFlags(() => {
      if (this.mustCount) runner.countWarnings(done);
      else done();
    });
  }

  private answerPing(): void {
    const { owner } = this;
    (owner.runner as StatementRunner).session.diagnostics.onAnsweredHere(0);
    owner.output.reply({ type: 'ok', statusFlags: owner.statusFlags, warnings: this.warningsToTell }, 1);
  }

  private get mustCount(): boolean {
    return this.context.identity.flavour === 'mysql' && (this.owner.runner as StatementRunner).session.diagnostics.isUncounted;
  }

  /** A command without SQL: to the connection that the session keeps, or to the user's own hostgroup. */
  private forwardCommand(kind: ReplyKind, effects: number, now: number): void {
    const { owner } = this;
    const runner = owner.runner as StatementRunner;
    const { command } = runner;
    owner.phase = Phase.running;
    command.begin(kind, now, owner.assembler.sequence);
    command.effects = effects;
    if (kind === ReplyKind.simple && this.context.identity.flavour === 'mysql') command.replyUse = ReplyUse.recount;
    // An error stands behind the conditions of before, which may be elsewhere.
    const mustAsk = this.mustCount || runner.session.diagnostics.conditions === 'there';
    if (command.replyUse === ReplyUse.recount && mustAsk) runner.countWarnings(() => owner.routing.executeByDefault());
    else owner.routing.executeByDefault();
  }

  private onSetOption(): void {
    const { owner } = this;
    const { output } = owner;
    const { payloadBuffer, payloadStart, payloadEnd } = owner.assembler;
    const option = readComSetOption(payloadBuffer, payloadStart, payloadEnd);
    const runner = owner.runner as StatementRunner;
    if (option === null) {
      this.refuseUnknown();
      return;
    }
    output.capabilities = capabilitiesAfterSetOption(output.capabilities, option);
    const { held } = runner.connections;
    owner.refreshIdentity();
    if (held === null) {
      runner.session.diagnostics.onAnsweredHere(-1);
      output.reply({ type: 'eof', statusFlags: owner.statusFlags, warnings: this.warningsToTell }, 1);
      return;
    }
    // The kept connection must follow; it no longer is what its identity says, so nobody else gets it.
    held.isBeyondReset = true;
    this.forwardCommand(ReplyKind.simple, Effect.none, this.context.nowMs());
  }
}

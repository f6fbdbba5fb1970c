import type { ReplyReceiver } from '../backend/backend-connection.js';
import type { BackendIdentity } from '../backend/identity.js';
import { type ServerError, weirError } from '../base/errors.js';
import type { Hostgroup } from '../pool/hostgroup.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import type { Lessee, Rest } from '../pool/waiter.js';
import { PACKET_HEADER_BYTES, ReplyHeader } from '../protocol/constants.js';
import { setWarnings } from '../protocol/packets/ok.js';
import { ReplyEvent, ReplyKind, type ReplyTracker } from '../protocol/reply-tracker.js';
import { Effect } from '../sql/verdict.js';
import { leavesDiagnostics } from './after-reply.js';
import type { ClientSide } from './client-side.js';
import { Command, ReplyUse } from './command.js';
import { CommandSender } from './command-sender.js';
import { ConnectionSetup } from './connection-setup.js';
import type { SessionContext } from './context.js';
import { DiagnosticsReads, LOOKS_BACK } from './diagnostics-reads.js';
import { GlobalAssignment } from './global-assignment.js';
import { onLongDataRefused } from './long-data.js';
import { LossRecovery } from './loss-recovery.js';
import { resultsCharset } from './message-charset.js';
import { READS_OWN_VALUES, useOwnValues } from './own-values.js';
import { Pin } from './pins.js';
import { QueryKill } from './query-kill.js';
import { endOverdue, isTimeout, timeoutError } from './query-timeout.js';
import { endsConnection } from './release.js';
import { writeStatementReply } from './replies.js';
import { type RunnerSteps, UNANSWERED } from './runner-steps.js';
import { Answer } from './server-answers.js';
import { SessionConnections } from './session-connections.js';
import { StateReadBack } from './state-read-back.js';
import { StatementRecords } from './statement-records.js';
import { followStatement } from './statement-replies.js';
import { StatementRoom } from './statement-room.js';
import { TrackedSession } from './tracked-session.js';
import { TurnedAway } from './turned-away.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * Executes one command at a time on a server connection: lease, state, prepare, send, reply, release. Replies never wait
 * for anything here: bytes go to the client as they come.
 */
export class StatementRunner implements Lessee, ReplyReceiver, RunnerSteps {
  readonly command = new Command();
  readonly session: TrackedSession;
  readonly connections: SessionConnections;
  readonly records: StatementRecords;
  readonly kill: QueryKill;
  private readonly sender: CommandSender;
  private readonly recovery: LossRecovery;
  private readonly turnedAway: TurnedAway;
  private readonly room: StatementRoom;
  private readonly setup: ConnectionSetup;
  private readonly reads: DiagnosticsReads;
  private readonly readBack: StateReadBack;
  private readonly globals: GlobalAssignment;

  constructor(
    private readonly context: SessionContext,
    private readonly client: ClientSide,
    identity: BackendIdentity,
  ) {
    const { command } = this;
    this.records = new StatementRecords(context, client, command, context.stats.digests.scope('', identity.username, ''));
    this.session = new TrackedSession(context, client, command);
    this.connections = new SessionConnections(context, command, this.session, this.records, this, identity);
    this.kill = new QueryKill(context, command, this.connections, this);
    this.sender = new CommandSender(context.stats, client, command, this);
    const { connections, sender, session } = this;
    this.recovery = new LossRecovery(context, client, command, session, connections, sender, this);
    this.reads = new DiagnosticsReads(context, client, command, session, connections, this.records, sender, this.recovery, this);
    this.turnedAway = new TurnedAway(context, client, command, session, connections, this.recovery, this);
    this.room = new StatementRoom(command, connections, context.stats.counters);
    const { recovery, records, room, turnedAway } = this;
    this.globals = new GlobalAssignment(context, command);
    const { globals } = this;
    this.setup = new ConnectionSetup(context, command, session, connections, sender, recovery, turnedAway, records, room, globals, this);
    const goOn = (connection: PooledConnection): void => this.setup.advance(connection);
    this.readBack = new StateReadBack(context.stats.counters, client, command, session, connections, sender, recovery, goOn);
  }

  /** The next command will be told that the kept connection is gone. */
  get hasLost(): boolean {
    return this.recovery.hasLost;
  }

  /** A reply of the command is still owed to the client. */
  get owesReply(): boolean {
    return !this.readBack.isUnderWay && this.connections.active?.tracker.begun !== true;
  }

  // ---------------------------------------------------------------- a connection for the command

  /** Executes `command`, which the caller has filled. `command.group` null: on the connection that the session keeps. */
  start(): void {
    const { command, connections, recovery } = this;
    if (connections.isRestedLost() && command.group === null) this.client.chooseGroup();
    if ((command.effects & READS_OWN_VALUES) !== 0 && command.replyKind === ReplyKind.query)
      useOwnValues(command, this.client, this.session.ownNumber(this.client.id));
    if (recovery.hasLost && !recovery.getsOverLoss()) return;
    this.findConnection();
  }

  private findConnection(): void {
    const { command, connections } = this;
    const { held } = connections;
    if ((command.effects & LOOKS_BACK) !== 0 && command.replyKind !== ReplyKind.prepare && this.reads.asks()) this.reads.start();
    else if (held !== null && command.group === null) this.run(held);
    else this.lease();
  }

  /**
   * A READ ONLY transaction that ran on a reader goes on at the writer, which alone may have the command. Its snapshot there is a
   * newer one.
   */
  moveToWriter(group: Hostgroup): void {
    const { command } = this;
    command.movesTransaction = true;
    command.beginsReadOnly = true;
    command.readOnly = false;
    command.group = group;
    this.reads.leaveHeld(() => this.findConnection());
  }

  /** Nothing keeps the session on a reader but a rule or a setting, and the writer alone may have the command. */
  leaveReader(group: Hostgroup): void {
    this.command.group = group;
    this.reads.leaveHeld(() => this.start());
  }

  lease(): void {
    const { connections } = this;
    const { group } = this.command;
    if (group === null && connections.held !== null) {
      this.run(connections.held);
      return;
    }
    if (group === null) {
      const lost = 'the schema of the session';
      this.fail(weirError('sessionStateLost', { server: 'the server', hostgroup: '', lost }), UNANSWERED);
      return;
    }
    const connection = connections.lease(group);
    if (connection !== null) {
      this.run(connection);
      return;
    }
    this.sender.keepBytes();
    connections.wait(group);
  }

  onLease(connection: PooledConnection): void {
    this.connections.onWaited();
    this.command.runsSinceMs = this.context.nowMs();
    this.run(connection);
  }

  onLeaseFailed(error: ServerError): void {
    const { held } = this.connections;
    this.connections.onWaited();
    if (held !== null) {
      // A read beside the kept connection that got no other.
      this.command.group = null;
      this.run(held);
    } else this.fail(error, UNANSWERED);
  }

  restOn(connection: PooledConnection): Rest | null {
    return this.connections.restOn(connection);
  }

  /** No reply of a command was awaited; one may wait for something else before it is sent there. */
  onIdleLost(connection: PooledConnection, cause: Error | null): void {
    const waits = this.connections.active === connection && !this.command.isAnswered && !this.readBack.isPinging;
    if (waits) this.recovery.onLostUnsent(connection, cause);
    else this.recovery.onIdleLost(connection, cause);
  }

  run(connection: PooledConnection): void {
    this.connections.active = connection;
    if ((this.session.pins & Pin.unread) !== 0 && this.readBack.comesFirst(connection)) this.readBack.begin(connection);
    else this.setup.advance(connection);
  }

  /** For a command without text: `then` is not called when the session ends before. */
  countWarnings(then: () => void): void {
    this.reads.countWarnings(then);
  }

  /** For a command that weir answers: flags that its connection alone knows are asked for. `then` is not called when the session ends before. */
  refreshFlags(then: () => void): void {
    this.readBack.refreshFlags(then);
  }

  // ---------------------------------------------------------------- its reply

  onForward(connection: PooledConnection, buffer: Uint8Array, start: number, end: number): void {
    if (this.command.replyUse !== ReplyUse.forward) {
      if (this.command.replyUse >= ReplyUse.recount && start < end) this.forward(Buffer.from(buffer.subarray(start, end)));
      return;
    }
    const { transport } = this.client;
    this.context.stats.counters.clientBytesSent += end - start;
    transport.write(buffer, start, end, connection.transport);
    if (transport.pendingBytes > this.context.snapshot.variables.clientBufferMaxBytes) connection.transport.pause();
  }

  /** The client took what was pending. */
  onClientDrained(): void {
    this.connections.active?.transport.resume();
  }

  onEvent(connection: PooledConnection, tracker: ReplyTracker): void {
    const { packetBuffer, packetStart, packetEnd } = tracker;
    switch (tracker.event) {
      case ReplyEvent.none:
        return;
      case ReplyEvent.ok:
        this.session.takeOver(connection, tracker);
        this.forward(this.client.visibleOk(packetBuffer, packetStart, packetEnd, this.session.schemaToTell(tracker)));
        return;
      case ReplyEvent.prepareOk:
        this.forward(this.client.onPrepared(tracker));
        return;
      case ReplyEvent.localInfile:
        this.client.onLocalInfile(connection);
        return;
      case ReplyEvent.error:
        this.onServerError(connection, tracker);
        return;
      case ReplyEvent.held:
        this.forward(Buffer.from(packetBuffer.subarray(packetStart, packetEnd)));
        return;
    }
  }

  private onServerError(connection: PooledConnection, tracker: ReplyTracker): void {
    const { packetBuffer, packetStart, packetEnd } = tracker;
    if (this.command.replyKind === ReplyKind.execute) onLongDataRefused(connection, this.command);
    if (this.prepareLacksRoom(connection, tracker.errno)) {
      this.command.answer = Answer.noRoom;
      return;
    }
    this.records.serverError(connection, tracker);
    if (this.turnedAway.takes(connection, tracker)) return;
    if (isTimeout(this.command, tracker.errno)) {
      const error = timeoutError(this.context);
      this.forward(writeStatementReply({ type: 'err', error }, packetBuffer[packetStart + 3] as number, this.client.capabilities));
    } else this.forward(Buffer.from(packetBuffer.subarray(packetStart, packetEnd)));
  }

  private prepareLacksRoom(connection: PooledConnection, errno: number): boolean {
    const { replyKind, replyUse } = this.command;
    if (replyKind !== ReplyKind.prepare || replyUse !== ReplyUse.forward) return false;
    return this.room.isLacking(errno) && this.room.canMake(connection);
  }

  /** Sends bytes that belong to nobody else. */
  private forward(packet: Uint8Array): void {
    const { replyUse } = this.command;
    if (replyUse !== ReplyUse.forward && !this.isForClient(packet)) return;
    this.context.stats.counters.clientBytesSent += packet.length;
    this.client.transport.write(packet, 0, packet.length, null);
  }

  /** A packet of a reply that is not the client's as it is. */
  private isForClient(packet: Uint8Array): boolean {
    const { command } = this;
    switch (command.replyUse) {
      case ReplyUse.forward:
        return true;
      case ReplyUse.swallow:
        return false;
      case ReplyUse.login:
      case ReplyUse.answer:
        command.failure = Buffer.from(packet);
        return false;
      case ReplyUse.holdBack:
        command.failure = Buffer.concat([command.failure ?? NO_BYTES, packet]);
        return false;
      case ReplyUse.recount:
        setWarnings(packet, this.session.diagnostics.lastWarnings);
        return true;
      case ReplyUse.fillIn:
        if (packet[PACKET_HEADER_BYTES] === ReplyHeader.error) return true;
        command.shown?.take(Buffer.from(packet));
        return false;
    }
  }

  onReplyDone(connection: PooledConnection): void {
    const { command, connections, records, session } = this;
    if (command.statement !== null) followStatement(connection, command, this.context);
    if (command.answer === Answer.noRoom) {
      command.answer = Answer.ordinary;
      if (command.bytes === null) command.bytes = connection.copyOfCommand();
      this.room.make(connection, () => this.setup.advance(connection));
      return;
    }
    if (command.answer !== Answer.ordinary) {
      this.turnedAway.onReplyDone(connection);
      return;
    }
    const { tracker } = connection;
    const { held } = connections;
    records.endedMs = this.context.nowMs();
    const failed = tracker.errno !== 0;
    records.replied(connection, tracker);
    // A read beside the kept connection says nothing of the transaction there.
    session.follow(connection, failed, held === null || held === connection);
    if (command.replyUse !== ReplyUse.login) session.diagnostics.follow(connection, tracker, command, failed);
    const holdMs = leavesDiagnostics(command, tracker, failed) ? this.context.snapshot.variables.diagnosticsHoldMs : 0;
    command.bytes = null;
    const ends = !failed && endsConnection(command, session.state);
    connection.needsReset ||= ends;
    connections.settle(connection, failed, holdMs);
    if (ends) {
      this.client.close();
      return;
    }
    if (command.replyUse === ReplyUse.fillIn && !failed) this.forwardShown(connection);
    if (this.kill.isUnanswered && connections.held === connection) this.kill.whenAnswered(() => this.afterReply(connection, failed));
    else if ((session.pins & Pin.unread) !== 0) this.afterReply(connection, failed);
    else this.finish(failed);
  }

  private afterReply(connection: PooledConnection, failed: boolean): void {
    if ((this.session.pins & Pin.unread) !== 0) this.readBack.follow(connection, failed, () => this.finish(failed));
    else this.finish(failed);
  }

  private forwardShown(connection: PooledConnection): void {
    const bytes = this.command.shown!.bytes(resultsCharset(this.session.state, connection));
    this.command.replyUse = ReplyUse.forward;
    this.forward(bytes);
  }

  private finish(failed: boolean): void {
    if ((this.command.effects & Effect.changesNewSessions) !== 0 && this.globals.isUnderWay)
      this.globals.follow(failed, () => this.end(failed));
    else this.end(failed);
  }

  private end(failed: boolean): void {
    const { failure, replyUse, taker } = this.command;
    if (replyUse === ReplyUse.answer && failure !== null) {
      taker?.takeAnswer(failure);
      return;
    }
    const isSwallowed = replyUse === ReplyUse.swallow;
    if ((isSwallowed || replyUse === ReplyUse.holdBack) && failure !== null) this.client.transport.write(failure, 0, failure.length, null);
    this.client.onCommandDone(failed || isSwallowed);
  }

  onLost(connection: PooledConnection, cause: Error | null, begun: boolean): void {
    this.recovery.onLost(connection, cause, begun);
  }

  fail(error: ServerError, sequence: number, isServers = false): void {
    const { command, records } = this;
    const hostgroup = command.group?.id ?? -1;
    this.globals.abandon();
    if (!isServers) this.session.diagnostics.onOwnError(error);
    records.ownError(hostgroup, error.errno, error.message);
    if (command.replyKind === ReplyKind.query || command.replyKind === ReplyKind.execute) records.answeredHere(command.entry, hostgroup);
    this.client.failCommand(error, sequence);
  }

  // ---------------------------------------------------------------- its end from outside

  endOverdue(now: number, awakeMs: number): void {
    endOverdue(this.context, this.command, this.connections, this.kill, now, awakeMs);
    this.readBack.endOverdue(awakeMs, this.context.snapshot.variables.queryTimeoutMs);
  }

  /** COM_RESET_CONNECTION, COM_CHANGE_USER, or the end: nothing of the session may stay on a connection that others get. */
  clear(): void {
    this.connections.cancelWait();
    this.kill.forget();
    this.readBack.forget();
    this.globals.abandon();
    this.abandonActive(this.context.snapshot.variables.killWhenClientIsGone);
    this.connections.clear();
    this.session.clear();
    this.recovery.forgetLoss();
  }

  /** Nobody wants the reply under way any more. `kill`: the server is not to go on with it either. */
  abandonActive(kill: boolean): void {
    const { active } = this.connections;
    this.connections.active = null;
    if (active === null) return;
    if (kill) this.context.killOnServer(active, () => true);
    active.abandon();
  }
}

import type { BackendCredentials, BackendIdentity } from '../backend/identity.js';
import type { ServerError } from '../base/errors.js';
import type { ConnectionId } from '../base/ids.js';
import type { UserConfig } from '../config/snapshot.js';
import type { Transport } from '../net/transport.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { Capability, Command as Com, has, ServerStatus, STATUS_OF_ONE_COMMAND } from '../protocol/constants.js';
import { queryTextStart } from '../protocol/packets/com-query.js';
import { ReplyKind, type ReplyTracker } from '../protocol/reply-tracker.js';
import type { PacketAssembler } from '../protocol/wire/framing.js';
import { ProtocolViolation } from '../protocol/wire/protocol-violation.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import type { Hint, LexModes } from '../sql/verdict.js';
import { NO_PLACE } from '../stats/error-stats.js';
import { ClientEntry } from './client-entry.js';
import { ClientOutput } from './client-output.js';
import type { ClientSide } from './client-side.js';
import { ClientStream } from './client-stream.js';
import { CommandRouting } from './command-routing.js';
import type { SessionContext } from './context.js';
import { FirstSchema } from './first-schema.js';
import { KillStatements, MAY_KILL } from './kill-statements.js';
import { SessionLexMode } from './lex-mode.js';
import { LocalInfile } from './local-infile.js';
import type { LoginResult } from './login/login-types.js';
import { Phase } from './phase.js';
import { PlainCommands } from './plain-commands.js';
import { PreparedCommands } from './prepared-commands.js';
import type { ClientStatement } from './prepared-statements.js';
import { stateAtLogin } from './session-bases.js';
import { SessionEnding } from './session-ending.js';
import { SessionReset } from './session-reset.js';
import { noteSet } from './set-texts.js';
import { SETS_BY_TEXT } from './state-tracking.js';
import { StatementRunner } from './statement-runner.js';
import { NEEDS_TEXT } from './tracked-session.js';

/** One client: its login, its commands, its end. What is executed goes through the runner. */
export class ClientSession implements ClientSide {
  phase: Phase = Phase.login;
  /** Monotonic milliseconds of the last thing the client did. */
  activeSinceMs: number;
  runner: StatementRunner | null = null;
  readonly stream: ClientStream;
  readonly assembler: PacketAssembler;
  readonly output: ClientOutput = new ClientOutput(this);
  readonly entry: ClientEntry;
  readonly routing: CommandRouting;
  readonly prepared: PreparedCommands;
  readonly kills: KillStatements;
  private readonly commands: PlainCommands;
  private readonly infile: LocalInfile;
  private readonly ending: SessionEnding;
  private readonly firstSchema: FirstSchema;
  readonly resets: SessionReset;
  private readonly lex: SessionLexMode;
  private collation = 0;
  mariadbCapabilities = 0;
  private textStart = 0;

  constructor(
    private readonly context: SessionContext,
    readonly id: ConnectionId,
    transport: Transport,
    private readonly onEnded: (session: ClientSession) => void,
  ) {
    this.activeSinceMs = context.nowMs();
    this.lex = new SessionLexMode(context);
    this.stream = new ClientStream(context, this, transport);
    this.assembler = this.stream.assembler;
    this.entry = new ClientEntry(context, this, transport.remoteAddress);
    this.routing = new CommandRouting(context, this);
    this.prepared = new PreparedCommands(context, this);
    this.kills = new KillStatements(context, this);
    this.commands = new PlainCommands(context, this, this.kills);
    this.infile = new LocalInfile(context, this);
    this.ending = new SessionEnding(context, this);
    this.firstSchema = new FirstSchema(context, this);
    this.resets = new SessionReset(context, this);
  }

  /** Sends the greeting. */
  start(): void {
    this.context.stats.counters.clientConnectionsCreated++;
    this.context.stats.gauges.clientConnectionsConnected++;
    this.entry.start();
  }

  get user(): UserConfig | null {
    return this.entry.user;
  }

  get transport(): Transport {
    return this.stream.transport;
  }
  get chunk(): Uint8Array {
    return this.stream.chunk;
  }
  get capabilities(): number {
    return this.output.capabilities;
  }
  get lexMode(): LexModes {
    return this.lex.mode;
  }
  get clientHost(): string {
    const address = this.transport.remoteAddress;
    return address === '' ? 'localhost' : address.replace(/^::ffff:/, '');
  }

  // ---------------------------------------------------------------- what the stream tells

  onViolation(violation: ProtocolViolation): void {
    this.entry.noteLogin(true);
    this.context.stats.counters.unexpectedPackets++;
    this.complain({ phase: this.phase, problem: violation.detail }, 'client broke the protocol');
    const { errno, sqlState, clientText: message } = violation;
    this.refuse({ errno, sqlState, message }, (this.assembler.sequence + 1) & 0xff);
  }

  onTlsHello(): void {
    this.entry.startTls();
  }

  onDrain(): void {
    this.runner?.onClientDrained();
  }

  onClose(cause: Error | null): void {
    if (this.phase === Phase.closed) return;
    if (cause !== null || this.phase !== Phase.idle) this.context.stats.counters.clientConnectionsAborted++;
    this.finish();
  }

  onAllAnswered(): void {
    this.ending.afterLastAnswer();
  }

  /** A storm of clients that do the same is told of by its first ones and their number. */
  complain(facts: Readonly<Record<string, unknown>>, message: string): void {
    const leftOut = this.context.complaints.pass();
    if (leftOut === null) return;
    const others = leftOut > 0 ? { likeItAndNotLogged: leftOut } : {};
    this.context.log.warn({ connection: this.id, client: this.clientHost, ...facts, ...others }, message);
  }

  /** Ends the session without a word. */
  finish(): void {
    if (this.phase === Phase.closed) return;
    this.phase = Phase.closed;
    this.context.stats.gauges.clientConnectionsConnected--;
    this.entry.cancel();
    this.runner?.clear();
    this.prepared.clear();
    this.stream.forget();
    this.onEnded(this);
  }

  /** Ends the session after what is pending was sent. */
  close(): void {
    this.stream.end();
    this.finish();
  }

  /** Tells the client and ends the session. */
  refuse(error: ServerError, sequence: number): void {
    if (this.entry.isGreeted) this.output.reply({ type: 'err', error }, sequence);
    else this.output.refusal(error);
    const { stats } = this.context;
    const scope = stats.digests.scope('', this.user?.username ?? '', '');
    stats.counters.generatedErrorPackets++;
    stats.errorAnswered(error.errno);
    stats.errorKinds.record(NO_PLACE, scope, this.clientHost, error.errno, error.message, Math.floor(Date.now() / 1000));
    this.close();
  }

  // ---------------------------------------------------------------- login

  onAdmitted(result: LoginResult): void {
    const { output } = this;
    output.capabilities = result.capabilities;
    output.keepAttributes(result.attributes);
    this.mariadbCapabilities = result.mariadbCapabilities;
    this.collation = result.collation;
    this.stream.allowCommands();
    const isFirst = this.runner === null;
    const identity = this.openRunner(result);
    const proceed = (): void => (result.schema === '' ? this.completeLogin(result.sequence) : this.firstSchema.select(result));
    if (isFirst) proceed();
    else this.resets.whenClean(identity, proceed);
  }

  refreshIdentity(): void {
    const runner = this.runner as StatementRunner;
    const { username, credentials } = runner.connections.identity;
    runner.connections.identity = this.identityOf(username, credentials);
  }

  private identityOf(username: string, credentials: BackendCredentials): BackendIdentity {
    return this.context.identities.get(username, this.capabilities, this.mariadbCapabilities, this.collation, credentials);
  }

  private openRunner(result: LoginResult): BackendIdentity {
    const identity = this.identityOf(result.user.username, result.credentials);
    if (this.runner === null) {
      this.runner = new StatementRunner(this.context, this, identity);
      this.runner.session.begin(stateAtLogin(this.context, identity, '', result.user));
    }
    this.runner.connections.identity = identity;
    this.onStateChanged();
    return identity;
  }

  identify(username: string, credentials: BackendCredentials, collation: number): BackendIdentity {
    this.collation = collation;
    const identity = this.identityOf(username, credentials);
    (this.runner as StatementRunner).connections.identity = identity;
    return identity;
  }

  completeLogin(sequence: number): void {
    this.resets.changed();
    this.phase = Phase.idle;
    this.activeSinceMs = this.context.nowMs();
    this.output.reply({ type: 'ok', statusFlags: (this.runner as StatementRunner).session.firstFlags }, sequence);
    this.stream.serveBacklog();
  }

  // ---------------------------------------------------------------- commands

  onPacket(): void {
    const { assembler } = this;
    if (this.entry.isOpen) {
      this.entry.onPacket();
      return;
    }
    if (assembler.payloadEnd === assembler.payloadStart) throw new ProtocolViolation('empty command packet');
    const now = this.context.nowMs();
    this.activeSinceMs = now;
    this.context.stats.counters.clientBytesReceived += assembler.rawEnd - assembler.rawStart;
    const command = assembler.payloadBuffer[assembler.payloadStart] as number;
    if (command === Com.query) this.onQuery(now);
    else if (command === Com.stmtExecute) this.prepared.execute(now);
    else this.commands.run(command, now);
  }

  private onQuery(now: number): void {
    const { assembler } = this;
    const { payloadBuffer, payloadEnd } = assembler;
    const start = queryTextStart(payloadBuffer, assembler.payloadStart, payloadEnd, this.capabilities);
    const entry = this.analyse(payloadBuffer, start, payloadEnd);
    if ((entry.verdict.effects & MAY_KILL) !== 0 && this.kills.takes(entry, payloadBuffer.subarray(start, payloadEnd), now)) return;
    (this.runner as StatementRunner).command.begin(ReplyKind.query, now, assembler.sequence);
    if ((entry.verdict.effects & NEEDS_TEXT) !== 0) this.noteText(entry, Buffer.from(payloadBuffer.subarray(start, payloadEnd)));
    this.textStart = start;
    this.execute(entry, this.context.analyzer.hint, this.queryText);
  }

  analyse(text: Uint8Array, start: number, end: number): DigestEntry {
    if (this.lex.isStale) this.refreshLexMode();
    return this.context.analyzer.analyse(text, start, end, this.lex.mode);
  }

  get lastHint(): Hint | null {
    return this.context.analyzer.hint;
  }

  noteText({ verdict }: DigestEntry, text: Buffer): void {
    const { command } = this.runner as StatementRunner;
    command.text = text;
    command.lexMode = this.lexMode;
    if ((verdict.effects & SETS_BY_TEXT) !== 0) noteSet(text, this.output, this.context.stats.counters);
  }

  /** For rules that look at the text; within the call that received it. */
  private readonly queryText = (): string =>
    Buffer.from(this.assembler.payloadBuffer.subarray(this.textStart, this.assembler.payloadEnd)).toString('utf8');

  execute(entry: DigestEntry, hint: Hint | null, text: () => string): void {
    this.phase = Phase.running;
    this.routing.execute(entry, hint, text);
  }

  readAgain(packets: Buffer): void {
    this.phase = Phase.idle;
    this.context.stats.counters.questions--;
    this.stream.takeAgain(packets);
  }

  executeHeld(): void {
    this.phase = Phase.running;
    (this.runner as StatementRunner).start();
  }

  chooseGroup(): void {
    this.routing.chooseGroup();
  }

  get statusFlags(): number {
    return (this.runner?.session.statusFlags ?? ServerStatus.autocommit) & ~STATUS_OF_ONE_COMMAND;
  }

  // ---------------------------------------------------------------- what the runner asks

  onPrepared(tracker: ReplyTracker): Uint8Array {
    return this.prepared.onPrepared(tracker);
  }

  visibleOk(packet: Uint8Array, start: number, end: number, schema: string | null): Uint8Array {
    return this.output.visibleOk(packet, start, end, schema);
  }

  failCommand(error: ServerError, sequence: number): void {
    const answered = this.infile.onFailed(error);
    if (answered === 'later') return;
    this.output.error(error, answered ?? (sequence < 0 ? this.sequenceOfReply : sequence));
    this.onCommandDone(true);
  }

  get receivesFile(): boolean {
    return this.infile.isOpen;
  }
  onLocalInfile(connection: PooledConnection): void {
    this.infile.begin(connection, (this.runner as StatementRunner).command);
  }

  onFileBytes(buffer: Uint8Array, start: number, end: number): void {
    this.infile.feed(buffer, start, end);
  }

  get sequenceOfReply(): number {
    return this.firstSchema.sequence ?? ((this.runner as StatementRunner).command.sequence + 1) & 0xff;
  }

  onStateChanged(): void {
    this.routing.refreshFacts();
    this.refreshLexMode();
  }

  private refreshLexMode(): void {
    const { connections, session } = this.runner as StatementRunner;
    this.lex.refresh(session.state, connections.identity, has(this.capabilities, Capability.ignoreSpace));
  }

  onCommandDone(failed: boolean): void {
    if (this.phase === Phase.closed) return;
    if (this.firstSchema.isWanted) {
      this.firstSchema.finish(failed);
      return;
    }
    const runner = this.runner as StatementRunner;
    const { statement, replyKind } = runner.command;
    if (statement !== null) this.prepared.onDone(statement, replyKind, failed);
    this.infile.close();
    this.phase = Phase.idle;
    this.stream.expectCommand();
    this.activeSinceMs = Math.max(runner.records.endedMs, this.activeSinceMs);
    if (this.context.draining && this.ending.hasNothingToLose) {
      this.shutDown();
      return;
    }
    this.stream.serveBacklog();
  }

  // ---------------------------------------------------------------- for the registry

  killConnection(): void {
    this.ending.killConnection();
  }

  /** The server answers the statement with 1317. */
  killQuery(): void {
    this.ending.killQuery();
  }

  /** weir ends: the client is told so, in place of the reply that it waits for or of its next one. */
  shutDown(): void {
    this.ending.shutDown();
  }

  sweep(now: number): void {
    this.ending.sweep(now);
  }

  get preparedCount(): number {
    return this.prepared.count;
  }
  preparedStatements(): Iterable<ClientStatement> {
    return this.prepared.all();
  }

  /** Why the session keeps its server connection, for the process list. */
  get pins(): string[] {
    return this.runner?.session.keptReasons ?? [];
  }
}

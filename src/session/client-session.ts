import { parseKey } from '../backend/connection-state.js';
import { type ServerError, weirError } from '../base/errors.js';
import { allClientsKey, type ConnectionId, type HostgroupId, type ServerKey, userClientsKey } from '../base/ids.js';
import type { UserConfig } from '../config/snapshot.js';
import { ignoringSink, type Transport, type TransportSink } from '../net/transport.js';
import { acceptTls } from '../net/transports.js';
import type { Hostgroup } from '../pool/hostgroup.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { Capability, Command as Com, commandName, has, ServerStatus, SessionTrackType } from '../protocol/constants.js';
import { queryTextStart } from '../protocol/packets/com-query.js';
import { statementIdOf } from '../protocol/packets/com-stmt-execute.js';
import { filterSessionTrack, rewriteOkWithoutSessionTrack } from '../protocol/packets/ok.js';
import { capabilitiesAfterSetOption, readComSetOption } from '../protocol/packets/simple-commands.js';
import { STATEMENT_ID_OFFSET } from '../protocol/packets/stmt-prepare-ok.js';
import { ReplyKind, type ReplyTracker } from '../protocol/reply-tracker.js';
import { PacketAssembler } from '../protocol/wire/framing.js';
import { ProtocolViolation } from '../protocol/wire/protocol-violation.js';
import { encodePacket } from '../protocol/wire/writer.js';
import type { Route, RouteFacts } from '../route/route.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import { parseKill } from '../sql/session-text.js';
import { Effect, type Hint, type LexModes, type Verdict } from '../sql/verdict.js';
import { NO_PLACE } from '../stats/error-stats.js';
import type { ClientSide } from './client-side.js';
import { ReplyUse } from './command.js';
import type { KillOutcome, SessionContext } from './context.js';
import { asksForCursor } from './execute-bytes.js';
import { InfileRelay } from './infile-relay.js';
import { lexModeOf } from './lex-mode.js';
import { ChangeUserLogin } from './login/change-user-login.js';
import { ClientLogin } from './login/client-login.js';
import type { LoginChannel, LoginResult } from './login/login-types.js';
import { Pin, pinNames } from './pins.js';
import { type ClientStatement, ClientStatements, closeOnServer } from './prepared-statements.js';
import { type StatementReply, writeRefusal, writeStatementReply } from './replies.js';
import { StatementRunner } from './statement-runner.js';

/** What the session waits for. */
export const Phase = {
  login: 'login',
  idle: 'idle',
  running: 'running',
  infile: 'infile',
  changingUser: 'changingUser',
  closed: 'closed',
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** Longest packet of a client that has not logged in: names, attributes and an answer; the variable holds for those who have. */
const LOGIN_PACKET_MAX_BYTES = 131_072;
/** What one TLS handshake costs, ms: the signature by a key of 2048 bits and what belongs to it. */
const TLS_HANDSHAKE_MS = 1.5;
/** Bytes that a pipelining client may have waiting here before it is not read any more. */
const BACKLOG_LIMIT_BYTES = 262_144;
/** System variables that servers report by default (session_track_system_variables). */
const DEFAULT_TRACKED: ReadonlySet<string> = new Set([
  'time_zone',
  'autocommit',
  'character_set_client',
  'character_set_results',
  'character_set_connection',
]);
const NEEDS_TEXT = Effect.setsNames | Effect.setsVariables;
/** Within a READ ONLY transaction on a reader: ends it, or concerns only the session there. */
const STAYS_ON_READER = Effect.endsTransaction | Effect.setsVariables | Effect.setsNames | Effect.changesSchema;
/** What a session holds for a while and lets go of by itself: worth waiting for when weir ends. */
const PINS_THAT_END = Pin.lockTables | Pin.userLock | Pin.xa | Pin.cursor | Pin.nextTransaction;
/** The hostgroup of statements that no server saw. */
const WEIR_ITSELF = -1;
/** What is sent instead of 2013 where that is no number for an ERR packet. */
const STANDS_FOR_2013 = 9101;
const NO_BYTES = Buffer.alloc(0);
const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

/** One client: its stream, its login, its commands. What is executed goes through the runner. */
export class ClientSession implements TransportSink, ClientSide {
  transport: Transport;
  capabilities = 0;
  phase: Phase = Phase.login;
  /** Monotonic milliseconds of the last thing the client did. */
  activeSinceMs: number;
  user: UserConfig | null = null;
  runner: StatementRunner | null = null;
  readonly assembler: PacketAssembler;
  private login: ClientLogin | ChangeUserLogin | null;
  private readonly statements = new ClientStatements();
  private collation = 0;
  private mariadbCapabilities = 0;
  private lexMode: LexModes = 0;
  private lexSqlMode = '';
  private facts: RouteFacts | null = null;
  chunk: Uint8Array = NO_BYTES;
  private backlog: Buffer[] = [];
  private backlogBytes = 0;
  private infile: InfileRelay | null = null;
  /** What the client is told once it has sent the whole file: the server is gone. */
  private fileError: ServerError | null = null;
  /** Of the command under way; null: it has none, and goes where the user's statements go by default. */
  private lastRoute: Route | null = null;
  private pendingLogin: LoginResult | null = null;
  private channel: LoginChannel | null = null;
  private attributes: ReadonlyMap<string, string> = NO_ATTRIBUTES;
  private preparing: ClientStatement | null = null;
  private multiplexed = true;
  /** The client has said itself what it wants to be told of its session's state. */
  private setsTracking = false;
  private textStart = 0;
  private isGreeted = false;
  /** Has asked for TLS: what comes next is its hello. */
  private awaitsTls = false;
  private cancelTls: (() => void) | null = null;
  /** Limits that count this client. */
  private readonly admittedAs: ServerKey[] = [];
  private stopWaiting: () => void = () => {};

  constructor(
    private readonly context: SessionContext,
    readonly id: ConnectionId,
    transport: Transport,
    private readonly onEnded: (session: ClientSession) => void,
  ) {
    this.transport = transport;
    this.activeSinceMs = context.nowMs();
    this.assembler = new PacketAssembler(Math.min(LOGIN_PACKET_MAX_BYTES, context.snapshot.variables.maxAllowedPacketBytes));
    this.assembler.continueSequence = true;
    this.assembler.expectedSequence = 1;
    this.login = new ClientLogin(context, id, this.clientHost, this.loginOutput(), transport.remoteAddress);
    transport.sink = this;
  }

  /** Sends the greeting. */
  start(): void {
    this.context.stats.counters.clientConnectionsCreated++;
    this.context.stats.gauges.clientConnectionsConnected++;
    if (this.context.blockedHosts.has(this.clientHost)) {
      this.context.stats.counters.clientHostErrorKilledConnections++;
      this.refuse(weirError('hostBlocked', { host: this.clientHost }), 0);
      return;
    }
    this.stopWaiting = this.context.clientLimits.admit(
      allClientsKey,
      () => {
        this.admittedAs.push(allClientsKey);
        this.isGreeted = true;
        (this.login as ClientLogin).start();
      },
      () => {
        this.context.stats.counters.accessDeniedMaxConnections++;
        this.refuse(weirError('tooManyConnections'), 0);
      },
    );
  }

  get clientHost(): string {
    const address = this.transport.remoteAddress;
    return address === '' ? 'localhost' : address.replace(/^::ffff:/, '');
  }

  // ---------------------------------------------------------------- bytes from the client

  onBytes(buffer: Buffer, start: number, end: number): void {
    if (this.phase === Phase.idle && this.backlogBytes === 0) {
      this.chunk = buffer;
      this.take(buffer, start, end);
      this.chunk = NO_BYTES;
      return;
    }
    switch (this.phase) {
      case Phase.idle:
      case Phase.running:
        this.postpone(Buffer.from(buffer.subarray(start, end)));
        return;
      case Phase.infile:
        this.relayFile(buffer, start, end);
        return;
      case Phase.login:
      case Phase.changingUser:
        this.postpone(Buffer.from(buffer.subarray(start, end)));
        this.context.loginTurns.next(this.awaitsTls ? this.startTls : this.takeBacklog);
        return;
      case Phase.closed:
        return;
    }
  }

  private take(buffer: Uint8Array, start: number, end: number): void {
    const { assembler } = this;
    try {
      assembler.feed(buffer, start, end);
      while (this.accepts() && assembler.next()) this.onPacket();
      if (assembler.unreadBytes > 0 && !this.accepts() && !this.isClosed) this.onUnread(assembler.takeUnread());
    } catch (error) {
      this.onViolation(error);
    }
  }

  private accepts(): boolean {
    // Commands of a client that does not read its replies wait until it does.
    if (this.awaitsTls || this.transport.pendingBytes > this.context.snapshot.variables.clientBufferMaxBytes) return false;
    return this.phase === Phase.idle || this.phase === Phase.login || this.phase === Phase.changingUser;
  }

  private get isClosed(): boolean {
    return this.phase === Phase.closed;
  }

  private onUnread(unread: Buffer): void {
    if (this.awaitsTls) {
      this.postpone(unread);
      this.context.loginTurns.next(this.startTls);
    } else if (this.phase === Phase.infile) this.relayFile(unread, 0, unread.length);
    else this.postpone(unread);
  }

  private postpone(bytes: Buffer): void {
    this.backlog.push(bytes);
    this.backlogBytes += bytes.length;
    if (this.backlogBytes > BACKLOG_LIMIT_BYTES) this.transport.pause();
  }

  /** Commands that a pipelining client sent before the last reply. */
  private readonly takeBacklog = (): void => {
    if (!this.accepts() || this.backlogBytes === 0) return;
    const bytes = this.takePostponed();
    this.transport.resume();
    this.take(bytes, 0, bytes.length);
  };

  private takePostponed(): Buffer {
    const bytes = this.backlog.length === 1 ? (this.backlog[0] as Buffer) : Buffer.concat(this.backlog);
    this.backlog = [];
    this.backlogBytes = 0;
    return bytes;
  }

  /** Connections over the loopback address and over a Unix socket are not counted, as in ProxySQL. */
  private noteLogin(failed: boolean): void {
    const { remoteAddress } = this.transport;
    if (this.phase !== Phase.login || this.context.snapshot.variables.clientHostCacheSize === 0) return;
    if (remoteAddress !== '' && this.clientHost !== '127.0.0.1') this.context.reportLogin(this.clientHost, failed);
  }

  private onViolation(error: unknown): void {
    if (!(error instanceof ProtocolViolation)) throw error;
    this.noteLogin(true);
    this.context.stats.counters.unexpectedPackets++;
    this.complain({ phase: this.phase, problem: error.detail }, 'client broke the protocol');
    this.refuse({ errno: error.errno, sqlState: error.sqlState, message: error.clientText }, (this.assembler.sequence + 1) & 0xff);
  }

  /** A storm of clients that do the same is told of by its first ones and their number. */
  private complain(facts: Readonly<Record<string, unknown>>, message: string): void {
    const leftOut = this.context.complaints.pass();
    if (leftOut === null) return;
    const others = leftOut > 0 ? { likeItAndNotLogged: leftOut } : {};
    this.context.log.warn({ connection: this.id, client: this.clientHost, ...facts, ...others }, message);
  }

  onDrain(): void {
    this.runner?.onClientDrained();
    if (this.backlogBytes > 0) setImmediate(this.takeBacklog);
  }

  onClose(cause: Error | null): void {
    if (this.phase === Phase.closed) return;
    if (cause !== null || this.phase !== Phase.idle) this.context.stats.counters.clientConnectionsAborted++;
    this.finish();
  }

  private finish(): void {
    if (this.phase === Phase.closed) return;
    this.phase = Phase.closed;
    this.cancelTls?.();
    this.login?.cancel();
    this.context.stats.gauges.clientConnectionsConnected--;
    this.stopWaiting();
    if (this.user !== null) this.context.stats.clientGone(this.user.username);
    for (const key of this.admittedAs.splice(0)) this.context.clientLimits.gone(key);
    this.runner?.clear();
    this.statements.clear();
    this.backlog = [];
    this.onEnded(this);
  }

  /** Ends the session after what is pending was sent. */
  close(): void {
    this.transport.sink = ignoringSink;
    this.transport.end();
    this.finish();
  }

  private refuse(error: ServerError, sequence: number): void {
    if (this.isGreeted) this.sendPacket({ type: 'err', error }, sequence);
    else this.sendRefusal(error);
    const { stats } = this.context;
    const scope = stats.digests.scope('', this.user?.username ?? '', '');
    stats.counters.generatedErrorPackets++;
    stats.errorAnswered(error.errno);
    stats.errorKinds.record(NO_PLACE, scope, this.clientHost, error.errno, error.message, Math.floor(Date.now() / 1000));
    this.close();
  }

  private sendRefusal(error: ServerError): void {
    const bytes = writeRefusal(error);
    this.transport.write(bytes, 0, bytes.length, null);
  }

  private sendPacket(reply: StatementReply, sequence: number): void {
    const bytes = writeStatementReply(reply, sequence, this.capabilities);
    this.transport.write(bytes, 0, bytes.length, null);
  }

  // ---------------------------------------------------------------- login

  private loginOutput() {
    return {
      send: (bytes: Buffer) => {
        this.assembler.expectedSequence = ((bytes[3] ?? 0) + 1) & 0xff;
        this.transport.write(bytes, 0, bytes.length, null);
      },
      upgradeToTls: () => this.upgradeToTls(),
      accept: (result: LoginResult) => this.onLoggedIn(result),
      refuse: (error: ServerError, sequence: number) => {
        this.noteLogin(true);
        if (error.errno === 1045) this.context.stats.counters.accessDeniedWrongPassword++;
        this.refuse(error, sequence);
      },
    };
  }

  /** The expensive part begins when the client's hello is there: one that never sends it costs nothing. */
  private upgradeToTls(): void {
    if (this.context.secureContext === null) throw new ProtocolViolation('TLS was not offered');
    this.awaitsTls = true;
  }

  private readonly startTls = (): void => {
    const { secureContext, loginTurns } = this.context;
    if (!this.awaitsTls || this.phase === Phase.closed) return;
    this.awaitsTls = false;
    if (secureContext === null) {
      // Switched off since it was offered.
      this.close();
      return;
    }
    loginTurns.charge(TLS_HANDSHAKE_MS);
    const detached = this.transport.detach(this.takePostponed());
    this.cancelTls = acceptTls(
      detached,
      secureContext,
      (transport) => {
        this.cancelTls = null;
        if (this.phase === Phase.closed) {
          transport.destroy();
          return;
        }
        this.transport = transport;
        transport.sink = this;
        if (this.login instanceof ClientLogin) this.login.tlsStarted();
      },
      (cause) => {
        this.cancelTls = null;
        this.noteLogin(true);
        this.context.log.info({ connection: this.id, client: this.clientHost, problem: cause.message }, 'TLS handshake failed');
        this.finish();
      },
    );
  };

  private onLoggedIn(result: LoginResult): void {
    const { clientLimits, stats } = this.context;
    const { username, host, maxConnections } = result.user;
    this.noteLogin(false);
    this.login = this.login instanceof ClientLogin ? this.login : null;
    if (this.user !== null) this.leaveUser(this.user);
    if (maxConnections === 0) {
      this.onAdmitted(result);
      return;
    }
    const key = userClientsKey(username, host);
    this.stopWaiting = clientLimits.admit(
      key,
      () => {
        this.admittedAs.push(key);
        this.onAdmitted(result);
      },
      () => {
        stats.counters.accessDeniedMaxUserConnections++;
        const error = weirError('userLimitReached', { user: username, resource: 'max_user_connections', limit: maxConnections });
        this.refuse(error, result.sequence);
      },
    );
  }

  private leaveUser(user: UserConfig): void {
    this.context.stats.clientGone(user.username);
    this.user = null;
    const key = userClientsKey(user.username, user.host);
    const index = this.admittedAs.indexOf(key);
    if (index < 0) return;
    this.admittedAs.splice(index, 1);
    this.context.clientLimits.gone(key);
  }

  private onAdmitted(result: LoginResult): void {
    this.context.stats.clientConnected(result.user.username);
    this.user = result.user;
    this.capabilities = result.capabilities;
    this.mariadbCapabilities = result.mariadbCapabilities;
    this.collation = result.collation;
    this.attributes = keptAttributes(result.attributes);
    this.assembler.maxPayloadBytes = this.context.snapshot.variables.maxAllowedPacketBytes;
    if (this.login instanceof ClientLogin) this.channel = this.login.channel;
    this.assembler.continueSequence = false;
    this.assembler.expectedSequence = 0;
    this.login = null;
    this.openRunner(result);
    if (result.schema === '') this.completeLogin(result.sequence);
    else this.selectFirstSchema(result);
  }

  private openRunner(result: LoginResult): void {
    const identity = this.context.identities.get(
      result.user.username,
      result.capabilities,
      result.mariadbCapabilities,
      result.collation,
      result.credentials,
    );
    if (this.runner === null) this.runner = new StatementRunner(this.context, this, identity);
    this.runner.identity = identity;
    this.runner.state = this.context.initialState;
    this.refreshFacts();
    this.refreshLexMode();
  }

  private completeLogin(sequence: number): void {
    this.pendingLogin = null;
    this.phase = Phase.idle;
    this.activeSinceMs = this.context.nowMs();
    this.sendPacket({ type: 'ok', statusFlags: ServerStatus.autocommit }, sequence);
    if (this.backlogBytes > 0) setImmediate(this.takeBacklog);
  }

  /** Whether the schema exists and this user may use it is the server's to say. */
  private selectFirstSchema(result: LoginResult): void {
    this.pendingLogin = result;
    this.phase = Phase.running;
    const runner = this.runner as StatementRunner;
    const { command } = runner;
    // Wanted from the start: any connection may be leased, whatever schema it is in.
    runner.state = this.context.states.withSchema(runner.state, result.schema);
    this.onStateChanged();
    command.begin(ReplyKind.simple, this.context.nowMs(), 0);
    command.replyUse = ReplyUse.login;
    command.readOnly = true;
    command.effects = Effect.changesSchema;
    command.bytes = encodePacket(0, Buffer.concat([Buffer.from([Com.initDb]), Buffer.from(result.schema)]));
    // Any server of the user's pair knows the schema: a client that comes while the writer is away may read.
    const { defaultHostgroup } = this.user as UserConfig;
    command.fallback = this.context.snapshot.replicationHostgroups.find(({ writer }) => writer === defaultHostgroup)?.reader ?? null;
    command.group = this.groupOrFallback(defaultHostgroup, command.fallback);
    runner.start();
  }

  private finishLogin(failed: boolean): void {
    const result = this.pendingLogin as LoginResult;
    const { command } = this.runner as StatementRunner;
    if (!failed) {
      this.completeLogin(result.sequence);
      return;
    }
    // The server's own refusal (1044, 1049), with the sequence number that the login has come to.
    if (command.failure !== null) {
      command.failure[3] = result.sequence;
      this.transport.write(command.failure, 0, command.failure.length, null);
    }
    this.close();
  }

  // ---------------------------------------------------------------- commands

  private onPacket(): void {
    const { assembler } = this;
    if (this.login !== null) {
      this.login.onPacket(assembler.payloadBuffer, assembler.payloadStart, assembler.payloadEnd, assembler.sequence);
      return;
    }
    if (assembler.payloadEnd === assembler.payloadStart) throw new ProtocolViolation('empty command packet');
    const now = this.context.nowMs();
    this.activeSinceMs = now;
    this.context.stats.counters.clientBytesReceived += assembler.rawEnd - assembler.rawStart;
    const command = assembler.payloadBuffer[assembler.payloadStart] as number;
    if (command === Com.query) this.onQuery(now);
    else if (command === Com.stmtExecute) this.onExecute(now);
    else this.onOtherCommand(command, now);
  }

  private onQuery(now: number): void {
    const { assembler, context } = this;
    const { payloadBuffer, payloadEnd } = assembler;
    const start = queryTextStart(payloadBuffer, assembler.payloadStart, payloadEnd, this.capabilities);
    if (this.lexSqlMode !== context.defaultSqlMode) this.refreshLexMode();
    const entry = context.analyzer.analyse(payloadBuffer, start, payloadEnd, this.lexMode);
    if ((entry.verdict.effects & Effect.kill) !== 0) {
      this.onKillStatement(entry, payloadBuffer.subarray(start, payloadEnd), now);
      return;
    }
    const { command } = this.runner as StatementRunner;
    command.begin(ReplyKind.query, now, assembler.sequence);
    if ((entry.verdict.effects & NEEDS_TEXT) !== 0) {
      command.text = Buffer.from(payloadBuffer.subarray(start, payloadEnd));
      command.lexMode = this.lexMode;
      this.noteSet(command.text);
    }
    this.textStart = start;
    this.execute(entry, context.analyzer.hint, this.queryText);
  }

  /** Of a SET: whether it asks for session tracking, and what kind it counts as. */
  private noteSet(text: Buffer): void {
    const sql = text.toString('latin1');
    const { counters } = this.context.stats;
    this.setsTracking = this.setsTracking || /session_track_/i.test(sql);
    if (/\bautocommit\b/i.test(sql)) counters.comAutocommit++;
    if (/\bnames\b/i.test(sql)) counters.comFrontendSetNames++;
  }

  /** For rules that look at the text; within the call that received it. */
  private readonly queryText = (): string =>
    Buffer.from(this.assembler.payloadBuffer.subarray(this.textStart, this.assembler.payloadEnd)).toString('utf8');

  /** Decides where the command goes and hands it to the runner. */
  private execute(entry: DigestEntry, hint: Hint | null, text: () => string): void {
    const { context } = this;
    const runner = this.runner as StatementRunner;
    const { command } = runner;
    const { verdict } = entry;
    const { stats } = context;
    stats.counters.questions++;
    const route = context.router.route(entry, this.facts as RouteFacts, hint, text);
    this.lastRoute = route;
    this.phase = Phase.running;
    if (route.matchedRules.length > 0) stats.rulesMatched(route.matchedRules);
    if (route.errorMessage !== null) {
      if (command.replyKind !== ReplyKind.prepare) runner.records.answeredHere(entry, WEIR_ITSELF);
      this.sendError(weirError('ruleRefused', { message: route.errorMessage }));
      this.onCommandDone(true);
      return;
    }
    // Only the server can say what a statement prepared would need; its execution is answered.
    if (route.okMessage !== null && command.replyKind !== ReplyKind.prepare) {
      runner.records.answeredHere(entry, WEIR_ITSELF);
      this.sendPacket({ type: 'ok', statusFlags: this.statusFlags, info: route.okMessage }, (this.sequenceOfCommand + 1) & 0xff);
      this.onCommandDone(false);
      return;
    }
    if (route.guarded) this.onGuarded(entry);
    command.entry = entry;
    command.effects = verdict.effects;
    command.readOnly = verdict.readOnly && !verdict.primaryOnly && runner.autocommit;
    command.keepsConnection = !this.multiplexed || route.multiplex === 0;
    if (runner.held !== null && this.mustLeaveReader(verdict)) {
      const writer = this.groupFor((this.user as UserConfig).defaultHostgroup);
      if (runner.inTransaction) {
        runner.moveToWriter(writer);
        return;
      }
      runner.dropHeld();
      command.group = writer;
    } else if (runner.held !== null && !this.mayLeaveHeld(command.readOnly, route.hostgroup)) {
      command.readOnly = command.readOnly && !runner.inTransaction && runner.pins === Pin.none;
    } else {
      this.chooseGroup();
    }
    runner.start();
  }

  chooseGroup(): void {
    const { autocommit, command } = this.runner as StatementRunner;
    const { lastRoute: route } = this;
    if (route === null) {
      command.group = this.groupFor((this.user as UserConfig).defaultHostgroup);
      return;
    }
    // Without autocommit a read begins a transaction; a cursor stays with the session, whose next write must find it there.
    const stays = !autocommit || command.wantsCursor;
    const hostgroup = route.isReader && stays ? route.writerHostgroup : route.hostgroup;
    if (hostgroup !== route.writerHostgroup && route.isReader && this.context.snapshot.variables.readerFallbackToWriter) {
      command.fallback = route.writerHostgroup as HostgroupId;
    }
    command.group = this.groupOrFallback(hostgroup, command.fallback);
  }

  /** `transaction_persistent` = 0: a read may leave an open transaction, as in ProxySQL; never while something else is pinned. */
  private mayLeaveHeld(readOnly: boolean, hostgroup: number): boolean {
    const runner = this.runner as StatementRunner;
    if ((this.user as UserConfig).transactionPersistent || !readOnly || runner.pins !== Pin.none) return false;
    return runner.held?.hostgroupId !== hostgroup;
  }

  private groupOrFallback(hostgroup: number, fallback: HostgroupId | null): Hostgroup {
    const group = this.groupFor(hostgroup);
    if (fallback === null || group.hasOnline) return group;
    this.context.stats.counters.readerFallbacks++;
    return this.groupFor(fallback);
  }

  private groupFor(hostgroup: number) {
    return this.context.pool.hostgroup(hostgroup as never);
  }

  private onGuarded(entry: DigestEntry): void {
    const { guardedDigests, log, stats } = this.context;
    stats.counters.writerGuarded++;
    if (guardedDigests.has(entry)) return;
    guardedDigests.add(entry);
    const [reason] = entry.verdict.reasons;
    log.warn(
      { digest: entry.digest, reason: reason?.code },
      'a rule or hint names a reader for a statement that is not proven to only read: it goes to the writer',
    );
  }

  /** The session keeps a connection to a reader (READ ONLY transaction, multiplexing off), and now comes a statement that only the primary may have. */
  private mustLeaveReader(verdict: Verdict): boolean {
    if (verdict.readOnly && !verdict.primaryOnly) return false;
    const { held } = this.runner as StatementRunner;
    const { replicationHostgroups } = this.context.snapshot;
    if (!replicationHostgroups.some((pair) => pair.reader === held?.hostgroupId)) return false;
    return (verdict.effects & STAYS_ON_READER) === 0 && !verdict.command.includes('SAVEPOINT');
  }

  private onKillStatement(entry: DigestEntry, text: Uint8Array, now: number): void {
    this.context.stats.counters.questions++;
    const runner = this.runner as StatementRunner;
    runner.command.begin(ReplyKind.query, now, this.assembler.sequence);
    runner.records.answeredHere(entry, WEIR_ITSELF);
    const request = parseKill(text, this.lexMode);
    this.phase = Phase.running;
    if (request === null) {
      this.sendError(weirError('syntaxError', { explanation: 'weir executes KILL itself and expects KILL [CONNECTION | QUERY] number' }));
      this.onCommandDone(true);
      return;
    }
    this.kill(request.connection as ConnectionId, request.queryOnly);
  }

  private kill(connection: ConnectionId, queryOnly: boolean): void {
    this.phase = Phase.running;
    this.context.kill(connection, queryOnly, (this.user as UserConfig).username, (outcome: KillOutcome) => {
      if (this.phase !== Phase.running) return;
      if (outcome === 'killed') this.sendPacket({ type: 'ok', statusFlags: this.statusFlags }, 1);
      else this.sendError(weirError(outcome === 'unknown' ? 'unknownThread' : 'notOwnerOfThread', { id: connection }));
      this.onCommandDone(outcome !== 'killed');
    });
  }

  private get statusFlags(): number {
    return (this.runner?.statusFlags ?? ServerStatus.autocommit) & ~(ServerStatus.moreResultsExist | ServerStatus.sessionStateChanged);
  }

  private onOtherCommand(command: number, now: number): void {
    const { assembler, context } = this;
    switch (command) {
      case Com.quit:
        this.transport.sink = ignoringSink;
        this.transport.end();
        this.finish();
        return;
      case Com.ping:
        this.sendPacket({ type: 'ok', statusFlags: this.statusFlags }, 1);
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
        this.kill(Buffer.from(payloadBuffer.subarray(payloadStart + 1, payloadStart + 5)).readUInt32LE(0) as ConnectionId, false);
        return;
      }
      case Com.setOption:
        this.onSetOption();
        return;
      case Com.resetConnection:
        this.resetSession();
        this.sendPacket({ type: 'ok', statusFlags: ServerStatus.autocommit }, 1);
        return;
      case Com.changeUser:
        this.onChangeUser();
        return;
      case Com.stmtPrepare:
        this.onPrepare(now);
        return;
      case Com.stmtBulkExecute:
        this.onExecute(now);
        return;
      case Com.stmtFetch:
        this.onFetch(now);
        return;
      case Com.stmtSendLongData:
        this.onLongData();
        return;
      case Com.stmtReset:
        this.onStmtReset(now);
        return;
      case Com.stmtClose:
        this.onStmtClose();
        return;
      default:
        context.log.info({ connection: this.id, command: commandName(command) }, 'client sent a command that is not supported');
        this.sendPacket({ type: 'err', error: weirError('unknownCommand') }, 1);
    }
  }

  /** A command without SQL: to the connection that the session keeps, or to the user's own hostgroup. */
  private forwardCommand(kind: ReplyKind, effects: number, now: number): void {
    const runner = this.runner as StatementRunner;
    this.context.stats.counters.questions++;
    this.phase = Phase.running;
    runner.command.begin(kind, now, this.assembler.sequence);
    runner.command.effects = effects;
    this.lastRoute = null;
    if (runner.held === null) runner.command.group = this.groupFor((this.user as UserConfig).defaultHostgroup);
    runner.start();
  }

  private onSetOption(): void {
    const { payloadBuffer, payloadStart, payloadEnd } = this.assembler;
    const option = readComSetOption(payloadBuffer, payloadStart, payloadEnd);
    const runner = this.runner as StatementRunner;
    this.capabilities = capabilitiesAfterSetOption(this.capabilities, option);
    const { username, credentials } = runner.identity;
    const held = runner.held;
    runner.identity = this.context.identities.get(username, this.capabilities, this.mariadbCapabilities, this.collation, credentials);
    if (held === null) {
      this.sendPacket({ type: 'eof', statusFlags: this.statusFlags }, 1);
      return;
    }
    // The kept connection must follow; it no longer is what its identity says, so nobody else gets it.
    held.needsReset = true;
    this.forwardCommand(ReplyKind.simple, Effect.none, this.context.nowMs());
  }

  private resetSession(): void {
    const runner = this.runner as StatementRunner;
    this.setsTracking = false;
    const { schema } = runner.state;
    runner.clear();
    this.statements.clear();
    runner.state = this.context.states.withSchema(this.context.initialState, schema);
    this.refreshFacts();
    this.refreshLexMode();
  }

  private onChangeUser(): void {
    const { assembler } = this;
    this.setsTracking = false;
    (this.runner as StatementRunner).clear();
    this.statements.clear();
    this.phase = Phase.changingUser;
    assembler.continueSequence = true;
    const agreed = { capabilities: this.capabilities, mariadbCapabilities: this.mariadbCapabilities, attributes: this.attributes };
    const login = new ChangeUserLogin(this.context, this.channel as LoginChannel, agreed, this.loginOutput());
    this.login = login;
    login.start(assembler.payloadBuffer, assembler.payloadStart, assembler.payloadEnd, assembler.sequence);
  }

  // ---------------------------------------------------------------- prepared statements

  private onPrepare(now: number): void {
    const { assembler, context } = this;
    const runner = this.runner as StatementRunner;
    const text = Buffer.from(assembler.payloadBuffer.subarray(assembler.payloadStart + 1, assembler.payloadEnd));
    if (this.lexSqlMode !== context.defaultSqlMode) this.refreshLexMode();
    const entry = context.analyzer.analyse(text, 0, text.length, this.lexMode);
    context.stats.counters.comFrontendStmtPrepare++;
    if ((entry.verdict.effects & Effect.kill) !== 0) {
      // Its number is weir's: on a server it would hit somebody else.
      this.sendPacket({ type: 'err', error: weirError('notPreparable') }, 1);
      return;
    }
    const statement: ClientStatement = {
      id: this.statements.nextId(),
      text,
      entry,
      hint: context.analyzer.hint,
      state: runner.state,
      key: `${parseKey(runner.state)}\0${text.toString('latin1')}`,
      parameters: 0,
      columns: 0,
      types: null,
      longData: [],
      longDataBytes: 0,
      cursor: null,
    };
    this.preparing = statement;
    runner.command.begin(ReplyKind.prepare, now, assembler.sequence);
    runner.command.statement = statement;
    this.execute(entry, statement.hint, () => text.toString('utf8'));
    // What the statement does to a session it does when it is executed.
    runner.command.effects = Effect.none;
  }

  onPrepared(tracker: ReplyTracker): Uint8Array {
    const statement = this.preparing as ClientStatement;
    statement.parameters = tracker.numParams;
    statement.columns = tracker.numColumns;
    const packet = Buffer.from(tracker.packetBuffer.subarray(tracker.packetStart, tracker.packetEnd));
    packet.writeUInt32LE(statement.id, STATEMENT_ID_OFFSET);
    return packet;
  }

  private onExecute(now: number): void {
    const { assembler, context } = this;
    const { payloadBuffer, payloadStart, payloadEnd } = assembler;
    const id = statementIdOf(payloadBuffer, payloadStart, payloadEnd);
    const statement = this.statements.get(id);
    if (statement === undefined) {
      this.sendPacket({ type: 'err', error: weirError('unknownStatement', { id, command: 'mysqld_stmt_execute' }) }, 1);
      return;
    }
    if (payloadEnd - payloadStart < 7) throw new ProtocolViolation('COM_STMT_EXECUTE is too short');
    context.stats.counters.comFrontendStmtExecute++;
    const { effects } = statement.entry.verdict;
    const runner = this.runner as StatementRunner;
    runner.command.begin(ReplyKind.execute, now, assembler.sequence);
    runner.command.statement = statement;
    const isBulk = payloadBuffer[payloadStart] === Com.stmtBulkExecute;
    runner.command.wantsCursor = !isBulk && asksForCursor(payloadBuffer, payloadStart);
    if ((effects & NEEDS_TEXT) !== 0) {
      runner.command.text = statement.text;
      runner.command.lexMode = this.lexMode;
      this.noteSet(statement.text);
    }
    this.execute(statement.entry, statement.hint, () => statement.text.toString('utf8'));
  }

  private onFetch(now: number): void {
    const { payloadBuffer, payloadStart, payloadEnd, sequence } = this.assembler;
    const id = statementIdOf(payloadBuffer, payloadStart, payloadEnd);
    const statement = this.statements.get(id);
    const runner = this.runner as StatementRunner;
    const isOpen = statement !== undefined && statement.cursor !== null;
    if (!isOpen || (statement.cursor !== runner.held && !runner.hasLost)) {
      this.sendPacket({ type: 'err', error: weirError('unknownStatement', { id, command: 'mysqld_stmt_fetch' }) }, 1);
      return;
    }
    this.phase = Phase.running;
    runner.command.begin(ReplyKind.fetch, now, sequence);
    runner.command.statement = statement;
    runner.start();
  }

  /** Kept here until the execution: it then goes to whichever server executes. Bounded by max_allowed_packet, as on a server. */
  private onLongData(): void {
    const { payloadBuffer, payloadStart, payloadEnd, rawBuffer, rawStart, rawEnd } = this.assembler;
    const statement = this.statements.get(statementIdOf(payloadBuffer, payloadStart, payloadEnd));
    if (statement === undefined) return;
    statement.longDataBytes += rawEnd - rawStart;
    if (statement.longDataBytes > this.context.snapshot.variables.maxAllowedPacketBytes) {
      throw new ProtocolViolation('long data of a prepared statement is longer than max_allowed_packet', 'packetTooLarge');
    }
    statement.longData.push(Buffer.from(rawBuffer.subarray(rawStart, rawEnd)));
  }

  private onStmtReset(now: number): void {
    const { payloadBuffer, payloadStart, payloadEnd, sequence } = this.assembler;
    const id = statementIdOf(payloadBuffer, payloadStart, payloadEnd);
    const statement = this.statements.get(id);
    const runner = this.runner as StatementRunner;
    if (statement === undefined) {
      this.sendPacket({ type: 'err', error: weirError('unknownStatement', { id, command: 'mysqld_stmt_reset' }) }, 1);
      return;
    }
    dropLongData(statement);
    const cursor = statement.cursor;
    statement.cursor = null;
    if (cursor === null || cursor !== runner.held) {
      this.sendPacket({ type: 'ok', statusFlags: this.statusFlags }, 1);
      return;
    }
    runner.pins &= ~Pin.cursor;
    this.phase = Phase.running;
    runner.command.begin(ReplyKind.simple, now, sequence);
    runner.command.statement = statement;
    runner.start();
  }

  private onStmtClose(): void {
    const { payloadBuffer, payloadStart, payloadEnd } = this.assembler;
    const statement = this.statements.get(statementIdOf(payloadBuffer, payloadStart, payloadEnd));
    this.context.stats.counters.comFrontendStmtClose++;
    if (statement === undefined) return;
    this.statements.delete(statement.id);
    if (statement.cursor === null) return;
    const runner = this.runner as StatementRunner;
    runner.pins &= ~Pin.cursor;
    const prepared = statement.cursor.prepared.get(statement.key);
    if (prepared === undefined || statement.cursor.isClosed) return;
    closeOnServer(statement.cursor, [prepared.id]);
    statement.cursor.prepared.delete(statement.key);
  }

  // ---------------------------------------------------------------- what the runner asks

  visibleOk(packet: Uint8Array, start: number, end: number): Uint8Array {
    if (!has(this.capabilities, Capability.sessionTrack)) return rewriteOkWithoutSessionTrack(packet, start, end);
    const asked = this.setsTracking;
    return filterSessionTrack(packet, start, end, (type, name) => {
      if (type === SessionTrackType.systemVariables) return asked || DEFAULT_TRACKED.has(name ?? '');
      if (type === SessionTrackType.stateChange) return asked;
      // The rest weir does not ask for itself: what comes is what the server tells every client.
      return true;
    });
  }

  private sendError(error: ServerError, sequence = this.sequenceOfReply): void {
    this.sendPacket({ type: 'err', error: this.visibleError(error) }, sequence);
  }

  /** MariaDB's Connector/C takes the numbers of client libraries in an ERR packet for a malformed one, and closes. */
  private visibleError(error: ServerError): ServerError {
    const isTaken = error.errno >= 2000 && error.errno <= 2999;
    if (!isTaken || this.attributes.get('_client_name') !== 'libmariadb') return error;
    return { errno: STANDS_FOR_2013, sqlState: error.sqlState, message: error.message };
  }

  failCommand(error: ServerError, sequence: number): void {
    const { infile } = this;
    if (infile !== null && !infile.ended) {
      this.fileError = error;
      infile.discard();
      return;
    }
    if (infile !== null) this.sendError(error, (infile.lastSequence + 1) & 0xff);
    else this.sendError(error, sequence < 0 ? this.sequenceOfReply : sequence);
    this.onCommandDone(true);
  }

  get receivesFile(): boolean {
    return this.infile !== null;
  }

  private get sequenceOfCommand(): number {
    return (this.runner as StatementRunner).command.sequence;
  }

  onStateChanged(): void {
    this.refreshFacts();
    this.refreshLexMode();
  }

  private refreshFacts(): void {
    const user = this.user as UserConfig;
    const runner = this.runner as StatementRunner;
    this.multiplexed = this.context.snapshot.variables.multiplexing;
    const { queryDigestsTrackHostname } = this.context.snapshot.variables;
    runner.records.scope = this.context.stats.digests.scope(
      runner.state.schema,
      user.username,
      queryDigestsTrackHostname ? this.clientHost : '',
    );
    this.facts = this.context.facts.get({
      username: user.username,
      schema: runner.state.schema,
      defaultHostgroup: user.defaultHostgroup,
      clientAddress: this.clientHost,
      proxyAddress: this.transport.localAddress.replace(/^::ffff:/, ''),
      proxyPort: this.transport.localPort,
    });
  }

  private refreshLexMode(): void {
    const { defaultSqlMode } = this.context;
    this.lexSqlMode = defaultSqlMode;
    const ignoreSpace = has(this.capabilities, Capability.ignoreSpace);
    this.lexMode = lexModeOf((this.runner as StatementRunner).state, defaultSqlMode, this.collation, ignoreSpace);
  }

  onCommandDone(failed: boolean): void {
    if (this.phase === Phase.closed) return;
    if (this.pendingLogin !== null) {
      this.finishLogin(failed);
      return;
    }
    const runner = this.runner as StatementRunner;
    const { statement, replyKind } = runner.command;
    if (statement !== null) this.afterStatement(statement, replyKind, failed);
    this.infile = null;
    this.phase = Phase.idle;
    this.assembler.continueSequence = false;
    this.assembler.expectedSequence = 0;
    this.activeSinceMs = Math.max(runner.records.endedMs, this.activeSinceMs);
    if (this.context.draining && this.hasNothingToLose) {
      this.shutDown();
      return;
    }
    if (this.backlogBytes > 0) setImmediate(this.takeBacklog);
  }

  private afterStatement(statement: ClientStatement, kind: ReplyKind, failed: boolean): void {
    if (kind === ReplyKind.prepare) {
      this.preparing = null;
      if (!failed) this.statements.add(statement);
    } else if (kind === ReplyKind.execute) {
      dropLongData(statement);
    }
  }

  // ---------------------------------------------------------------- LOCAL INFILE

  onLocalInfile(connection: PooledConnection): void {
    const { tracker } = connection;
    const allowed = this.context.snapshot.variables.localInfile && has(this.capabilities, Capability.localFiles);
    const sequence = ((tracker.packetBuffer[tracker.packetStart + 3] as number) + 1) & 0xff;
    if (!allowed) {
      const { command } = this.runner as StatementRunner;
      command.replyUse = ReplyUse.swallow;
      command.failure = writeStatementReply({ type: 'err', error: weirError('localInfileRefused') }, sequence, this.capabilities);
      const nothing = Buffer.from([0, 0, 0, sequence]);
      connection.send(nothing, 0, nothing.length, null);
      return;
    }
    const packet = Buffer.from(tracker.packetBuffer.subarray(tracker.packetStart, tracker.packetEnd));
    this.transport.write(packet, 0, packet.length, null);
    this.infile = new InfileRelay(connection, this.transport, this.context.snapshot.variables.clientBufferMaxBytes);
    this.phase = Phase.infile;
  }

  private relayFile(buffer: Uint8Array, start: number, end: number): void {
    const relay = this.infile as InfileRelay;
    const consumed = relay.feed(buffer, start, end);
    if (!relay.ended) return;
    this.phase = Phase.running;
    if (consumed < end) this.postpone(Buffer.from(buffer.subarray(consumed, end)));
    const { fileError } = this;
    this.fileError = null;
    if (fileError !== null) this.failCommand(fileError, -1);
  }

  // ---------------------------------------------------------------- for the registry

  /** KILL CONNECTION. */
  killConnection(): void {
    this.context.stats.counters.killedConnections++;
    const { awaitsReply } = this;
    this.runner?.abandonActive(true);
    // An idle client awaits no packet: its connection just ends, as on a server.
    if (awaitsReply) this.sendError(weirError('connectionKilled'));
    this.close();
  }

  /** weir ends: the client is told so, in place of the reply that it waits for or of its next one. */
  shutDown(): void {
    const error = weirError('serverShutdown');
    const { awaitsReply } = this;
    switch (this.phase) {
      case Phase.login:
      case Phase.changingUser:
        this.refuse(error, (this.assembler.expectedSequence + 1) & 0xff);
        return;
      case Phase.idle:
        this.refuse(error, 0);
        return;
      case Phase.running:
        this.runner?.abandonActive(true);
        if (awaitsReply) this.refuse(error, this.sequenceOfReply);
        else this.close();
        return;
      case Phase.infile:
      case Phase.closed:
        this.close();
        return;
    }
  }

  /** Nothing of the reply has come yet: an error can take its place. */
  private get awaitsReply(): boolean {
    return this.phase === Phase.running && this.runner?.active?.tracker.begun !== true;
  }

  private get sequenceOfReply(): number {
    return this.pendingLogin?.sequence ?? (this.sequenceOfCommand + 1) & 0xff;
  }

  /** KILL QUERY: the server answers the statement with 1317. */
  killQuery(): void {
    this.context.stats.counters.killedQueries++;
    const running = this.runner?.active ?? null;
    const since = this.runner?.command.startedMs;
    if (running !== null)
      this.context.killOnServer(running, () => this.runner?.active === running && this.runner.command.startedMs === since);
  }

  /** Called once a second. */
  sweep(now: number): void {
    const { variables } = this.context.snapshot;
    const idleMs = now - this.activeSinceMs;
    this.runner?.sweep(now);
    const logsIn = this.phase === Phase.login || this.phase === Phase.changingUser;
    if (logsIn && idleMs > variables.connectTimeoutClientMs) {
      this.noteLogin(true);
      this.complain({ waitedMs: Math.round(idleMs) }, 'client did not log in in time');
      this.transport.destroy();
      this.finish();
    } else if (this.phase === Phase.idle && variables.waitTimeoutMs > 0 && idleMs > variables.waitTimeoutMs) {
      this.refuse(weirError('clientInactive'), 0);
    } else if (this.context.draining && this.hasNothingToLose) {
      this.shutDown();
    }
  }

  /**
   * A login that has just begun is no statement to wait for: a port check that stays connected would hold up the end. Nor is what lasts as
   * long as its session: a pool's idle connection with a temporary table has it for good.
   */
  private get hasNothingToLose(): boolean {
    if (this.phase === Phase.login) return true;
    if (this.phase !== Phase.idle) return false;
    const runner = this.runner as StatementRunner;
    return runner.held === null || (!runner.inTransaction && runner.autocommit && (runner.pins & PINS_THAT_END) === 0);
  }

  get preparedCount(): number {
    return this.statements.size;
  }

  preparedStatements(): Iterable<ClientStatement> {
    return this.statements.all();
  }

  get pins(): string[] {
    const runner = this.runner;
    if (runner === null) return [];
    return runner.inTransaction ? ['transaction', ...pinNames(runner.pins)] : pinNames(runner.pins);
  }
}

/** Of the attributes, what a later COM_CHANGE_USER may ask for: idle clients are many. */
function keptAttributes(attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const kept = [...attributes].filter(([name]) => name === '_client_name' || name === '_client_version');
  return kept.length === 0 ? NO_ATTRIBUTES : new Map(kept);
}

function dropLongData(statement: ClientStatement): void {
  if (statement.longData.length === 0) return;
  statement.longData = [];
  statement.longDataBytes = 0;
}

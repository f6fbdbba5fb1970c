import { type ServerError, weirError } from '../base/errors.js';
import { allClientsKey, type ConnectionId, type ServerKey, userClientsKey } from '../base/ids.js';
import type { UserConfig } from '../config/snapshot.js';
import { acceptTls } from '../net/transports.js';
import { ProtocolViolation } from '../protocol/wire/protocol-violation.js';
import type { ClientOutput } from './client-output.js';
import type { ClientStream } from './client-stream.js';
import type { SessionContext } from './context.js';
import { ChangeUserLogin } from './login/change-user-login.js';
import { ClientLogin } from './login/client-login.js';
import type { LoginChannel, LoginResult } from './login/login-types.js';
import { Phase } from './phase.js';
import type { SessionReset } from './session-reset.js';

/** What one TLS handshake costs, ms: the signature by a key of 2048 bits and what belongs to it. */
const TLS_HANDSHAKE_MS = 1.5;

/** Whom the entry lets in. */
export interface EntryOwner {
  readonly id: ConnectionId;
  readonly phase: Phase;
  readonly clientHost: string;
  readonly stream: ClientStream;
  readonly output: ClientOutput;
  /** Proven to be this user, and within all limits. */
  onAdmitted(result: LoginResult): void;
  readonly resets: SessionReset;
  /** Tells the client and ends the session. */
  refuse(error: ServerError, sequence: number): void;
  /** Ends the session without a word. */
  finish(): void;
}

/** How a client comes in: limits, greeting, TLS, proof of the password; and again for each COM_CHANGE_USER. */
export class ClientEntry {
  user: UserConfig | null = null;
  /** The client has had the greeting: it can be told errors with their SQLSTATE. */
  isGreeted = false;
  private login: ClientLogin | ChangeUserLogin | null;
  private channel: LoginChannel | null = null;
  private changedCollation = 0;
  private cancelTls: (() => void) | null = null;
  /** Limits that count this client. */
  private readonly admittedAs: ServerKey[] = [];
  private stopWaiting: () => void = () => {};

  constructor(
    private readonly context: SessionContext,
    private readonly owner: EntryOwner,
    remoteAddress: string,
  ) {
    this.login = new ClientLogin(context, owner.id, owner.clientHost, this.loginOutput(), remoteAddress);
  }

  /** Sends the greeting, as soon as one more client may be there. */
  start(): void {
    const { context, owner } = this;
    if (context.blockedHosts.has(owner.clientHost)) {
      context.stats.counters.clientHostErrorKilledConnections++;
      owner.refuse(weirError('hostBlocked', { host: owner.clientHost }), 0);
      return;
    }
    this.stopWaiting = context.clientLimits.admit(
      allClientsKey,
      () => {
        this.admittedAs.push(allClientsKey);
        this.isGreeted = true;
        (this.login as ClientLogin).start();
      },
      () => {
        context.stats.counters.accessDeniedMaxConnections++;
        owner.refuse(weirError('tooManyConnections'), 0);
      },
    );
  }

  /** A login is under way: packets belong to it. */
  get isOpen(): boolean {
    return this.login !== null;
  }

  /** One packet of the login lies in the assembler. */
  onPacket(): void {
    const { assembler } = this.owner.stream;
    this.login?.onPacket(assembler.payloadBuffer, assembler.payloadStart, assembler.payloadEnd, assembler.sequence);
  }

  /** The packet in the assembler is a COM_CHANGE_USER. */
  changeUser(agreed: { readonly capabilities: number; readonly mariadbCapabilities: number }): void {
    const { owner } = this;
    const { assembler } = owner.stream;
    owner.stream.expectLogin();
    const login = new ChangeUserLogin(
      this.context,
      this.channel as LoginChannel,
      { ...agreed, attributes: owner.output.attributes },
      this.loginOutput(),
    );
    this.login = login;
    login.start(assembler.payloadBuffer, assembler.payloadStart, assembler.payloadEnd, assembler.sequence);
  }

  /** The COM_CHANGE_USER came to nothing: the session goes on as `user`, of whom it may be one too many meanwhile. @returns its collation id */
  takeBack(user: UserConfig): number {
    const { login } = this;
    this.login = null;
    const collation = login instanceof ChangeUserLogin ? login.collation : this.changedCollation;
    if (this.user === user) return collation;
    if (this.user !== null) this.leaveUser(this.user);
    this.context.stats.clientConnected(user.username);
    this.user = user;
    const key = userClientsKey(user.username, user.host);
    if (user.maxConnections > 0) {
      this.stopWaiting = this.context.clientLimits.admit(
        key,
        () => this.admittedAs.push(key),
        () => this.owner.finish(),
      );
    }
    return collation;
  }

  /** The session has ended: whatever is under way is dropped, limits count the client no more. */
  cancel(): void {
    this.cancelTls?.();
    this.login?.cancel();
    this.stopWaiting();
    if (this.user !== null) this.context.stats.clientGone(this.user.username);
    for (const key of this.admittedAs.splice(0)) this.context.clientLimits.gone(key);
  }

  /** Connections over the loopback address and over a Unix socket are not counted, as in ProxySQL. */
  noteLogin(failed: boolean): void {
    const { remoteAddress } = this.owner.stream.transport;
    if (this.owner.phase !== Phase.login || this.context.snapshot.variables.clientHostCacheSize === 0) return;
    if (remoteAddress !== '' && this.owner.clientHost !== '127.0.0.1') this.context.reportLogin(this.owner.clientHost, failed);
  }

  private loginOutput() {
    const { owner } = this;
    return {
      send: (bytes: Buffer) => {
        owner.stream.assembler.expectedSequence = ((bytes[3] ?? 0) + 1) & 0xff;
        owner.output.send(bytes);
      },
      upgradeToTls: () => this.upgradeToTls(),
      accept: (result: LoginResult) => this.onLoggedIn(result),
      refuse: (error: ServerError, sequence: number) => {
        this.noteLogin(true);
        if (error.errno === 1045) this.context.stats.counters.accessDeniedWrongPassword++;
        if (!owner.resets.outlivesRefusal(() => owner.output.error(error, sequence))) owner.refuse(error, sequence);
      },
    };
  }

  /** The expensive part begins when the client's hello is there: one that never sends it costs nothing. */
  private upgradeToTls(): void {
    if (this.context.secureContext === null) throw new ProtocolViolation('TLS was not offered');
    this.owner.stream.awaitsTls = true;
  }

  /** The client's hello is there. */
  startTls(): void {
    const { secureContext, loginTurns } = this.context;
    const { owner } = this;
    if (secureContext === null) {
      // Switched off since it was offered.
      owner.stream.end();
      owner.finish();
      return;
    }
    loginTurns.charge(TLS_HANDSHAKE_MS);
    this.cancelTls = acceptTls(
      owner.stream.detach(),
      secureContext,
      (transport) => {
        this.cancelTls = null;
        if (owner.phase === Phase.closed) {
          transport.destroy();
          return;
        }
        owner.stream.attach(transport);
        if (this.login instanceof ClientLogin) this.login.tlsStarted();
      },
      (cause) => {
        this.cancelTls = null;
        this.noteLogin(true);
        this.context.log.info({ connection: owner.id, client: owner.clientHost, problem: cause.message }, 'TLS handshake failed');
        owner.finish();
      },
    );
  }

  private onLoggedIn(result: LoginResult): void {
    const { clientLimits, stats } = this.context;
    const { username, host, maxConnections } = result.user;
    this.noteLogin(false);
    if (this.login instanceof ClientLogin) this.channel = this.login.channel;
    else this.changedCollation = result.collation;
    if (this.user !== null) this.leaveUser(this.user);
    if (maxConnections === 0) {
      this.admit(result);
      return;
    }
    const key = userClientsKey(username, host);
    this.stopWaiting = clientLimits.admit(
      key,
      () => {
        this.admittedAs.push(key);
        this.admit(result);
      },
      () => {
        stats.counters.accessDeniedMaxUserConnections++;
        const error = weirError('userLimitReached', { user: username, resource: 'max_user_connections', limit: maxConnections });
        this.owner.refuse(error, result.sequence);
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

  private admit(result: LoginResult): void {
    this.context.stats.clientConnected(result.user.username);
    this.user = result.user;
    this.login = null;
    this.owner.onAdmitted(result);
  }
}

import { patientTimeout } from '../../base/patient-timeout.js';
import { flavourOf, type ServerFlavour, supportsReset } from '../../base/server-version.js';
import { type DetachedSocket, ignoringSink, type Transport, type TransportSink } from '../../net/transport.js';
import { startTls, type Transports } from '../../net/transports.js';
import { ReplyHeader, ServerStatus } from '../../protocol/constants.js';
import { readAuthMoreData } from '../../protocol/packets/auth-more-data.js';
import { readAuthSwitchRequest } from '../../protocol/packets/auth-switch-request.js';
import { readErr } from '../../protocol/packets/err.js';
import { writeHandshakeResponse41 } from '../../protocol/packets/handshake-response-41.js';
import { type HandshakeV10, readHandshakeV10 } from '../../protocol/packets/handshake-v10.js';
import { writeSslRequest } from '../../protocol/packets/ssl-request.js';
import { PacketAssembler } from '../../protocol/wire/framing.js';
import { ProtocolViolation } from '../../protocol/wire/protocol-violation.js';
import { encodePacket, PacketWriter } from '../../protocol/wire/writer.js';
import type { BackendIdentity } from '../identity.js';
import { Authentication, type Channel } from './authentication.js';
import { agreeCapabilities } from './capability-agreement.js';
import { LoginError, type LoginFailure, type LoginPhase, textOf } from './login-failure.js';
import { type GlobalDefaults, SessionSetup, type SetupStep } from './session-setup.js';
import { TrackedVariables } from './tracked-variables.js';

export type { LoginFailure, LoginPhase } from './login-failure.js';
export { TrackedVariables } from './tracked-variables.js';

export interface LoginTarget {
  /** Path of a Unix socket when the port is 0. */
  readonly hostname: string;
  readonly port: number;
  readonly useSsl: boolean;
  /** For the whole login. */
  readonly connectTimeoutMs: number;
  /** PEM texts; without `ca` the server's certificate is not checked. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** Names of global variables whose values are read too; none by default. */
  readonly globals?: readonly string[];
}

export interface LoggedIn {
  /** Its sink ignores everything: to be set within `onDone`. */
  readonly transport: Transport;
  /** The server's thread id. */
  readonly connectionId: number;
  readonly serverVersion: string;
  readonly flavour: ServerFlavour;
  /** What both sides agreed on. */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  readonly statusFlags: number;
  readonly baseCharset: string;
  readonly baseCollation: string;
  readonly baseSqlMode: string;
  /** After so many idle seconds the server closes the connection. */
  readonly baseWaitTimeoutSec: number;
  /** The server's max_prepared_stmt_count. */
  readonly maxPreparedStatements: number;
  readonly globals: GlobalDefaults;
  /** Those of `LoginTarget.globals` that the server has, by name. */
  readonly globalValues: ReadonlyMap<string, string>;
  /** COM_RESET_CONNECTION. */
  readonly supportsReset: boolean;
  /** The SET that turned the trackers on, to be sent again after a reset. */
  readonly setupSql: string;
  /** SET ROLE to those of the login, which a reset leaves as the session has set them; null where there are none. */
  readonly roleSql: string | null;
}

/**
 * Logs in to a server. Exactly one of `onDone` and `onFailed` is called, never synchronously inside this call.
 *
 * @param tracked shared by all logins of a worker; without it each login to MySQL takes one round trip more
 * @returns gives up: closes the socket, and neither is called any more
 */
export function logIn(
  transports: Transports,
  target: LoginTarget,
  identity: BackendIdentity,
  onDone: (result: LoggedIn) => void,
  onFailed: (failure: LoginFailure) => void,
  tracked: TrackedVariables = new TrackedVariables(),
): () => void {
  const login = new ServerLogin(target, identity, onDone, onFailed, tracked);
  login.connect(transports);
  return () => login.giveUp();
}

/** A handshake or authentication packet: an RSA key or a long plugin's data, at most. */
const MAX_LOGIN_PACKET_BYTES = 65_536;
/** What weir says it takes: the most that a server can be configured for. */
const MAX_PACKET_BYTES = 0x4000_0000;

class ServerLogin implements TransportSink {
  private phase: LoginPhase = 'connect';
  private settled = false;
  private transport: Transport | null = null;
  private cancelPending: () => void = () => {};
  private readonly cancelTimeout: () => void;
  private readonly packets = new PacketAssembler(MAX_LOGIN_PACKET_BYTES);
  private handshake: HandshakeV10 | null = null;
  private capabilities = 0;
  private mariadbCapabilities = 0;
  private readonly authentication: Authentication;
  private setup: SessionSetup | null = null;

  constructor(
    private readonly target: LoginTarget,
    private readonly identity: BackendIdentity,
    private readonly onDone: (result: LoggedIn) => void,
    private readonly onFailed: (failure: LoginFailure) => void,
    private readonly tracked: TrackedVariables,
  ) {
    this.packets.continueSequence = true;
    this.authentication = new Authentication(identity.username, identity.credentials, channelOf(target));
    this.cancelTimeout = patientTimeout(() => this.onTimeout(), target.connectTimeoutMs);
  }

  connect(transports: Transports): void {
    const { hostname, port, connectTimeoutMs } = this.target;
    try {
      this.cancelPending = transports.connect(
        { hostname, port, timeoutMs: connectTimeoutMs },
        (transport) => this.useTransport(transport, 'handshake'),
        (cause) => this.fail(this.unreachable(textOf(cause), cause)),
      );
    } catch (cause) {
      // A port that is none, say.
      setImmediate(() => this.fail(this.unreachable(textOf(cause), cause)));
    }
  }

  giveUp(): void {
    if (this.settle()) this.abandon();
  }

  // TransportSink

  onBytes(buffer: Buffer, start: number, end: number): void {
    try {
      if (this.setup === null) this.takePackets(buffer, start, end);
      else this.act(this.setup.onBytes(buffer, start, end));
    } catch (cause) {
      this.failWith(cause);
    }
  }

  onDrain(): void {}

  onClose(cause: Error | null): void {
    const detail = cause === null ? 'the server closed the connection' : cause.message;
    this.fail(new LoginError('lost', `Lost connection to ${this.targetName} during the ${this.phase}: ${detail}`, cause ?? undefined));
  }

  // Handshake and authentication

  private takePackets(buffer: Buffer, start: number, end: number): void {
    this.packets.feed(buffer, start, end);
    while (!this.settled && this.setup === null && this.packets.next()) {
      this.takePacket(this.packets.payloadBuffer, this.packets.payloadStart, this.packets.payloadEnd);
      // The socket has changed hands for TLS.
      if (this.transport === null) return;
    }
    if (this.setup !== null && this.packets.takeUnread().length > 0)
      throw new ProtocolViolation('bytes behind the end of the authentication');
  }

  private takePacket(buffer: Uint8Array, start: number, end: number): void {
    if (start === end) throw new ProtocolViolation('an empty packet during the login', 'badHandshake');
    const first = buffer[start]!;
    if (first === ReplyHeader.error) this.fail(readErr(buffer, start, end), true);
    else if (this.handshake === null) this.takeHandshake(readHandshakeV10(buffer, start, end));
    else this.takeAuthentication(first, buffer, start, end);
  }

  private takeHandshake(handshake: HandshakeV10): void {
    this.handshake = handshake;
    const agreement = agreeCapabilities(this.identity, handshake, this.target.useSsl);
    if (agreement.lacking.length > 0) {
      const flags = agreement.lacking.join(', ');
      throw new LoginError('lacksCapabilities', `${this.targetName} (${handshake.serverVersion}) lacks the capabilities ${flags}`);
    }
    this.capabilities = agreement.capabilities;
    this.mariadbCapabilities = agreement.mariadbCapabilities;
    if (this.target.useSsl) this.upgradeToTls();
    else this.respond();
  }

  private upgradeToTls(): void {
    const plain = this.transport;
    if (plain === null) return;
    const writer = new PacketWriter(this.packets.expectedSequence);
    writeSslRequest(writer, this.fixedPart());
    this.packets.expectedSequence = writer.sequence;
    this.write(writer.take());
    const unread = this.packets.takeUnread();
    // A server says nothing here before TLS begins; what is there would be trusted as if it had come through TLS.
    if (unread.length > 0) throw new ProtocolViolation('bytes behind the handshake, before TLS', 'badHandshake');
    const detached = plain.detach(unread);
    this.transport = null;
    this.startTls(detached);
  }

  private startTls(detached: DetachedSocket): void {
    const failed = (cause: unknown): void =>
      this.fail(new LoginError('tls', `TLS with ${this.targetName} failed: ${textOf(cause)}`, cause));
    try {
      this.cancelPending = startTls(
        detached,
        this.target,
        (transport) => {
          this.useTransport(transport, 'handshake');
          this.respond();
        },
        failed,
      );
    } catch (cause) {
      // A certificate or key that is none.
      detached.socket.destroy();
      failed(cause);
    }
  }

  private respond(): void {
    const { handshake } = this;
    if (handshake === null) return;
    this.phase = 'authentication';
    try {
      const { plugin, response } = this.authentication.begin(handshake.authPlugin, handshake.scramble);
      const writer = new PacketWriter(this.packets.expectedSequence);
      writeHandshakeResponse41(writer, {
        ...this.fixedPart(),
        username: this.identity.username,
        authResponse: response,
        schema: '',
        authPlugin: plugin,
        connectAttributes: [
          ['_client_name', 'weir'],
          ['program_name', 'weir'],
          ['_pid', String(process.pid)],
        ],
        zstdLevel: 0,
      });
      this.packets.expectedSequence = writer.sequence;
      this.write(writer.take());
    } catch (cause) {
      this.failWith(cause);
    }
  }

  private takeAuthentication(first: number, buffer: Uint8Array, start: number, end: number): void {
    switch (first) {
      case ReplyHeader.ok:
        this.startSetup();
        return;
      case ReplyHeader.eof: {
        const request = readAuthSwitchRequest(buffer, start, end);
        this.answer(this.authentication.switchTo(request.authPlugin, request.data));
        return;
      }
      case ReplyHeader.authMoreData: {
        const answer = this.authentication.more(readAuthMoreData(buffer, start, end));
        if (answer !== null) this.answer(answer);
        return;
      }
      default:
        throw new ProtocolViolation(`a packet that begins with 0x${first.toString(16)} during the authentication`, 'badHandshake');
    }
  }

  private answer(payload: Uint8Array): void {
    const sequence = this.packets.expectedSequence;
    this.packets.expectedSequence = (sequence + 1) & 0xff;
    this.write(encodePacket(sequence, payload));
  }

  private fixedPart() {
    return {
      capabilities: this.capabilities,
      mariadbCapabilities: this.mariadbCapabilities,
      maxPacketBytes: MAX_PACKET_BYTES,
      collation: this.identity.collation & 0xff,
    };
  }

  // Setup

  private startSetup(): void {
    const { handshake } = this;
    if (handshake === null) return;
    this.phase = 'setup';
    const { capabilities, mariadbCapabilities, target, tracked } = this;
    const { serverVersion } = handshake;
    this.setup = new SessionSetup(flavourOf(handshake), serverVersion, capabilities, mariadbCapabilities, tracked, target.globals);
    this.write(this.setup.begin());
  }

  private act(step: SetupStep): void {
    switch (step.do) {
      case 'wait':
        return;
      case 'send':
        this.write(step.bytes);
        return;
      case 'fail':
        this.fail(step.error, true);
        return;
      case 'finish':
        this.finish(step);
    }
  }

  private finish({ base, statusFlags }: Extract<SetupStep, { do: 'finish' }>): void {
    const { transport, handshake, setup } = this;
    if (transport === null || handshake === null || setup === null || !this.settle()) return;
    transport.sink = ignoringSink;
    const flavour = flavourOf(handshake);
    this.onDone({
      transport,
      connectionId: handshake.threadId,
      serverVersion: handshake.serverVersion,
      flavour,
      capabilities: this.capabilities,
      mariadbCapabilities: this.mariadbCapabilities,
      statusFlags: statusFlags & ~ServerStatus.sessionStateChanged,
      baseCharset: base.charset,
      baseCollation: base.collation,
      baseSqlMode: base.sqlMode,
      baseWaitTimeoutSec: base.waitTimeoutSec,
      maxPreparedStatements: base.maxPreparedStatements,
      globals: base.globals,
      globalValues: setup.globalValues,
      supportsReset: supportsReset(flavour, handshake.serverVersion),
      setupSql: setup.setupSql,
      roleSql: base.roleSql,
    });
  }

  // Ends

  private useTransport(transport: Transport, phase: LoginPhase): void {
    this.cancelPending = () => {};
    this.transport = transport;
    this.phase = phase;
    transport.sink = this;
  }

  private write(bytes: Buffer): void {
    this.transport?.write(bytes, 0, bytes.length, null);
  }

  private onTimeout(): void {
    const message = `no login within ${this.target.connectTimeoutMs} ms`;
    if (this.phase === 'connect') this.fail(this.unreachable(message));
    else this.fail(new LoginError('lost', `Lost connection to ${this.targetName} during the ${this.phase}: ${message}`));
  }

  private failWith(cause: unknown): void {
    // Thrown by the caller's own function: not the server's fault.
    if (this.settled) throw cause;
    if (cause instanceof LoginError) this.fail(cause);
    else this.fail(new LoginError('malformed', `${this.targetName} broke the protocol during the ${this.phase}: ${textOf(cause)}`, cause));
  }

  private fail(error: LoginFailure['error'], fromServer = false): void {
    if (!this.settle()) return;
    this.abandon();
    this.onFailed({ phase: this.phase, error, fromServer });
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.cancelTimeout();
    return true;
  }

  private abandon(): void {
    this.cancelPending();
    if (this.transport === null) return;
    this.transport.sink = ignoringSink;
    this.transport.destroy();
  }

  private unreachable(detail: string, cause?: unknown): LoginError {
    return new LoginError(
      this.target.port === 0 ? 'unreachableSocket' : 'unreachableHost',
      `Can't connect to ${this.targetName}: ${detail}`,
      cause,
    );
  }

  private get targetName(): string {
    return this.target.port === 0 ? this.target.hostname : `${this.target.hostname}:${this.target.port}`;
  }
}

function channelOf(target: LoginTarget): Channel {
  if (target.useSsl) return 'tls';
  return target.port === 0 ? 'unixSocket' : 'plain';
}

import type { Transport, TransportSink } from '../net/transport.js';
import type { SecureContext, Transports } from '../net/transports.js';
import { acceptTls } from '../net/transports.js';
import { AuthPlugin } from '../protocol/auth/plugins.js';
import { generateScramble } from '../protocol/auth/scramble.js';
import { Capability, Collation, Command, MAX_PACKET } from '../protocol/constants.js';
import { readComChangeUser } from '../protocol/packets/com-change-user.js';
import { writeErr } from '../protocol/packets/err.js';
import { readHandshakeResponse41 } from '../protocol/packets/handshake-response-41.js';
import { writeHandshakeV10 } from '../protocol/packets/handshake-v10.js';
import { isSslRequest } from '../protocol/packets/ssl-request.js';
import { PacketAssembler } from '../protocol/wire/framing.js';
import { ProtocolViolation } from '../protocol/wire/protocol-violation.js';
import { PacketWriter } from '../protocol/wire/writer.js';
import { AdminCommands } from './port/commands.js';
import { AdminLogin, type LoginClaim, type LoginStep } from './port/login.js';
import { AdminOutput } from './port/output.js';
import { ADMIN_STATUS, clientError } from './port/replies.js';
import type { AdminStatements } from './port/statements.js';

/** What the admin port can do, before TLS is added. */
const CAPABILITIES =
  (Capability.longPassword |
    Capability.foundRows |
    Capability.longFlag |
    Capability.connectWithDb |
    Capability.protocol41 |
    Capability.interactive |
    Capability.transactions |
    Capability.secureConnection |
    Capability.multiStatements |
    Capability.multiResults |
    Capability.psMultiResults |
    Capability.pluginAuth |
    Capability.connectAttrs |
    Capability.pluginAuthLenencClientData |
    Capability.sessionTrack |
    Capability.deprecateEof) >>>
  0;

const LONGEST_LOGIN_BYTES = 64 * 1024;
const LONGEST_COMMAND_BYTES = 64 * 1024 * 1024;
/** Commands that wait for their turn; beyond this a client is not read from. */
const MOST_WAITING_BYTES = 1024 * 1024;
const MOST_WAITING = 100;
/** A client that does not log in within this time is cut off, ms. */
const LOGIN_TIMEOUT_MS = 10_000;
/** Drivers look at the number to choose what they ask for: that of ProxySQL's default. */
const SERVER_VERSION = '8.0.11';

export interface AdminConnectionOptions {
  readonly id: number;
  /** Of weir. */
  readonly version: string;
  readonly tls: SecureContext | null;
  /** Variables as they run now: accounts are looked up at each login. */
  readonly variables: () => ReadonlyMap<string, string>;
  readonly statements: AdminStatements;
  readonly onClose: () => void;
  /** A failure of the program, not of the statement. */
  readonly onFailure: (error: unknown) => void;
}

/** login: handshake; auth-switch: the client was asked for another answer; ready: commands. */
type Phase = 'login' | 'auth-switch' | 'ready' | 'closed';

/** One client of the admin port. Commands are answered one after the other. */
export class AdminConnection implements TransportSink {
  readonly #options: AdminConnectionOptions;
  readonly #assembler = new PacketAssembler(LONGEST_LOGIN_BYTES);
  readonly #scramble = generateScramble();
  readonly #output: AdminOutput;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #working = false;
  #timer: NodeJS.Timeout | null = null;
  #phase: Phase = 'login';
  #capabilities = 0;
  #login: AdminLogin | null = null;
  #commands: AdminCommands | null = null;

  constructor(transport: Transport, options: AdminConnectionOptions) {
    this.#output = new AdminOutput(transport);
    this.#options = options;
    this.#startTimer();
    this.#expectAnswer(1);
    transport.sink = this;
    this.#output.send(this.#greeting());
    transport.resume();
  }

  get #offered(): number {
    return (this.#options.tls === null ? CAPABILITIES : CAPABILITIES | Capability.ssl) >>> 0;
  }

  #greeting(): PacketWriter {
    const { version, variables, id } = this.#options;
    const configured = variables().get('mysql-server_version') ?? 'auto';
    const writer = new PacketWriter(0);
    writeHandshakeV10(writer, {
      serverVersion: configured === 'auto' ? `${SERVER_VERSION}-weir-${version}` : configured,
      threadId: id,
      scramble: this.#scramble,
      capabilities: this.#offered,
      mariadbCapabilities: 0,
      collation: Collation.utf8mb4GeneralCi,
      status: ADMIN_STATUS,
      authPlugin: AuthPlugin.cachingSha2,
    });
    return writer;
  }

  close(): void {
    this.#output.transport.destroy();
  }

  onBytes(buffer: Buffer, start: number, end: number): void {
    this.#assembler.feed(buffer, start, end);
    try {
      while (this.#phase !== 'closed' && this.#assembler.next()) {
        const { payloadBuffer, payloadStart, payloadEnd } = this.#assembler;
        if (this.#phase === 'login' && isSslRequest(payloadBuffer, payloadStart, payloadEnd)) {
          this.#startTls();
          return;
        }
        // The bytes are the transport's; commands wait for their turn.
        this.#onPacket(Buffer.from(payloadBuffer.subarray(payloadStart, payloadEnd)), this.#assembler.sequence);
      }
    } catch (error) {
      this.#end(error, new PacketWriter((this.#assembler.sequence + 1) & 0xff));
    }
  }

  onDrain(): void {
    this.#output.drained();
  }

  onClose(): void {
    this.#stopTimer();
    this.#phase = 'closed';
    this.#output.close();
    this.#options.onClose();
  }

  #onPacket(payload: Buffer, sequence: number): void {
    const writer = new PacketWriter(sequence + 1);
    switch (this.#phase) {
      case 'login': {
        const response = readHandshakeResponse41(payload, 0, payload.length);
        this.#capabilities = (response.capabilities & this.#offered) >>> 0;
        this.#login = this.#newLogin(response);
        this.#proceed(this.#login.begin(writer, this.#capabilities), writer);
        return;
      }
      case 'auth-switch':
        this.#proceed(this.#login!.answer(writer, payload, this.#capabilities), writer);
        return;
      case 'ready':
        this.#enqueue(payload);
        return;
      case 'closed':
        return;
    }
  }

  #startTls(): void {
    const { tls } = this.#options;
    if (tls === null) throw new ProtocolViolation('TLS was not offered', 'badHandshake');
    const detached = this.#output.transport.detach(this.#assembler.takeUnread());
    acceptTls(
      detached,
      tls,
      (transport) => {
        this.#output.transport = transport;
        transport.sink = this;
        transport.resume();
      },
      () => this.onClose(),
    );
  }

  #newLogin(claim: LoginClaim): AdminLogin {
    const { variables, statements } = this.#options;
    const { remoteAddress } = this.#output.transport;
    const hasSchema: AdminStatements['hasSchema'] = (name, role) => statements.hasSchema(name, role);
    return new AdminLogin({ scramble: this.#scramble, remoteAddress, variables, hasSchema }, claim);
  }

  #proceed(step: LoginStep, writer: PacketWriter): void {
    switch (step.kind) {
      case 'asked':
        this.#phase = 'auth-switch';
        this.#startTimer();
        this.#expectAnswer(writer.sequence);
        this.#output.send(writer);
        return;
      case 'refused':
        writeErr(writer, step.error);
        this.#finish(writer);
        return;
      case 'accepted': {
        const { username, role, schema } = step;
        this.#stopTimer();
        this.#login = null;
        const session = { id: this.#options.id, username, role, schema, warnings: [] };
        this.#commands = new AdminCommands(this.#options.statements, this.#output, session, this.#capabilities);
        this.#phase = 'ready';
        this.#assembler.maxPayloadBytes = LONGEST_COMMAND_BYTES;
        this.#assembler.continueSequence = false;
        this.#assembler.expectedSequence = 0;
        this.#output.send(writer);
        this.#work();
      }
    }
  }

  #enqueue(payload: Buffer): void {
    this.#waiting.push(payload);
    this.#waitingBytes += payload.length;
    if (this.#isBehind) this.#output.transport.pause();
    this.#work();
  }

  get #isBehind(): boolean {
    return this.#waitingBytes > MOST_WAITING_BYTES || this.#waiting.length > MOST_WAITING;
  }

  #work(): void {
    if (this.#working) return;
    this.#answerAll().catch((error: unknown) => {
      // A reply that broke off in the middle of a packet: nothing readable can follow it.
      this.#options.onFailure(error);
      this.close();
    });
  }

  async #answerAll(): Promise<void> {
    this.#working = true;
    while (this.#phase === 'ready') {
      const payload = this.#waiting.shift();
      if (payload === undefined) break;
      this.#waitingBytes -= payload.length;
      await this.#answer(payload);
      if (!this.#isBehind) this.#output.transport.resume();
    }
    this.#working = false;
  }

  async #answer(payload: Buffer): Promise<void> {
    const writer = new PacketWriter(lastSequence(payload) + 1);
    try {
      if (payload.length === 0) throw new ProtocolViolation('command without a byte');
      if (payload[0] === Command.quit) return this.#finish(writer);
      if (payload[0] === Command.changeUser) return this.#changeUser(payload, writer);
      await this.#commands!.run(payload, writer);
    } catch (error) {
      if (error instanceof ProtocolViolation) return this.#end(error, writer);
      this.#writeError(error, writer);
    }
    await this.#output.sendPaced(writer);
  }

  /** A new user on the same connection: nothing of the one before stays. */
  #changeUser(payload: Buffer, writer: PacketWriter): void {
    this.#capabilities = this.#commands!.capabilities;
    const change = readComChangeUser(payload, 0, payload.length, this.#capabilities);
    this.#login = this.#newLogin(change);
    this.#proceed(this.#login.begin(writer, this.#capabilities), writer);
  }

  /** Bytes that are no protocol, and failures outside of commands, end the connection; the client is told why. */
  #end(error: unknown, writer: PacketWriter): void {
    this.#writeError(error, writer);
    this.#finish(writer);
  }

  #writeError(error: unknown, writer: PacketWriter): void {
    const told = clientError(error);
    if (told === null) this.#options.onFailure(error);
    writeErr(writer, told ?? { errno: 1105, sqlState: 'HY000', message: 'ProxySQL Admin Error: internal error, see the log' });
  }

  #finish(writer: PacketWriter): void {
    this.#phase = 'closed';
    this.#output.send(writer);
    this.#output.transport.end();
  }

  #expectAnswer(sequence: number): void {
    this.#assembler.continueSequence = true;
    this.#assembler.expectedSequence = sequence & 0xff;
  }

  #startTimer(): void {
    this.#stopTimer();
    this.#timer = setTimeout(() => this.#output.transport.destroy(), LOGIN_TIMEOUT_MS);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Of the packets that a command of this length came in. */
const lastSequence = (payload: Buffer): number => Math.floor(payload.length / MAX_PACKET) & 0xff;

export type AdminTransports = Pick<Transports, 'forClient'>;

import type { Transport, TransportSink } from '../net/transport.js';
import type { SecureContext, Transports } from '../net/transports.js';
import { acceptTls } from '../net/transports.js';
import { CachingSha2 } from '../protocol/auth/caching-sha2.js';
import { AuthPlugin } from '../protocol/auth/plugins.js';
import { generateScramble } from '../protocol/auth/scramble.js';
import { Capability, Collation, Command, has, ServerStatus } from '../protocol/constants.js';
import { writeAuthMoreData } from '../protocol/packets/auth-more-data.js';
import { writeAuthSwitchRequest } from '../protocol/packets/auth-switch-request.js';
import { queryTextStart } from '../protocol/packets/com-query.js';
import { writeErr } from '../protocol/packets/err.js';
import { type HandshakeResponse41, readHandshakeResponse41 } from '../protocol/packets/handshake-response-41.js';
import { writeHandshakeV10 } from '../protocol/packets/handshake-v10.js';
import { plainOk, writeOk } from '../protocol/packets/ok.js';
import { readComInitDb } from '../protocol/packets/simple-commands.js';
import { isSslRequest } from '../protocol/packets/ssl-request.js';
import { writeTextResultSet } from '../protocol/packets/text-result-set.js';
import { PacketAssembler } from '../protocol/wire/framing.js';
import { ProtocolViolation } from '../protocol/wire/protocol-violation.js';
import { PacketWriter } from '../protocol/wire/writer.js';
import { hasPassword, isLocal, judgeLogin, type LoginAttempt, mustAskNative } from './accounts.js';
import type { AdminRole, AdminSession } from './context.js';
import { AdminError, type AdminReply, ok } from './reply.js';

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
    Capability.pluginAuth |
    Capability.connectAttrs |
    Capability.pluginAuthLenencClientData |
    Capability.deprecateEof) >>>
  0;

const LONGEST_COMMAND_BYTES = 64 * 1024 * 1024;
/** A client that does not log in within this time is cut off, ms. */
const LOGIN_TIMEOUT_MS = 10_000;

export interface AdminConnectionOptions {
  readonly id: number;
  readonly version: string;
  readonly tls: SecureContext | null;
  /** Variables as they run now: accounts are looked up at each login. */
  readonly variables: () => ReadonlyMap<string, string>;
  readonly execute: (sent: string, session: AdminSession) => Promise<AdminReply>;
  readonly onClose: () => void;
  /** A failure of the program, not of the statement. */
  readonly onFailure: (error: unknown) => void;
}

type Phase = 'login' | 'auth-switch' | 'ready' | 'closed';

/** One client of the admin port. Commands are answered one after the other. */
export class AdminConnection implements TransportSink {
  readonly #options: AdminConnectionOptions;
  readonly #assembler = new PacketAssembler(LONGEST_COMMAND_BYTES);
  readonly #scramble = generateScramble();
  readonly #timer: NodeJS.Timeout;
  #transport: Transport;
  #phase: Phase = 'login';
  #login: HandshakeResponse41 | null = null;
  #session: AdminSession | null = null;
  #queue: Promise<void> = Promise.resolve();

  constructor(transport: Transport, options: AdminConnectionOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#timer = setTimeout(() => transport.destroy(), LOGIN_TIMEOUT_MS);
    this.#assembler.continueSequence = true;
    this.#assembler.expectedSequence = 1;
    transport.sink = this;
    const writer = new PacketWriter(0);
    writeHandshakeV10(writer, {
      serverVersion: options.version,
      threadId: options.id,
      scramble: this.#scramble,
      capabilities: this.#offered,
      mariadbCapabilities: 0,
      collation: Collation.utf8mb4GeneralCi,
      status: ServerStatus.autocommit,
      authPlugin: AuthPlugin.cachingSha2,
    });
    this.#write(writer);
    transport.resume();
  }

  get #offered(): number {
    return (this.#options.tls === null ? CAPABILITIES : CAPABILITIES | Capability.ssl) >>> 0;
  }

  close(): void {
    this.#transport.destroy();
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
        this.#onPacket(payloadBuffer, payloadStart, payloadEnd, this.#assembler.sequence);
      }
    } catch (error) {
      this.#refuse(error);
    }
  }

  onDrain(): void {}

  onClose(): void {
    clearTimeout(this.#timer);
    this.#phase = 'closed';
    this.#options.onClose();
  }

  #onPacket(buffer: Uint8Array, start: number, end: number, sequence: number): void {
    switch (this.#phase) {
      case 'login':
        this.#onLogin(readHandshakeResponse41(buffer, start, end), sequence);
        return;
      case 'auth-switch':
        this.#finishLogin(AuthPlugin.nativePassword, Uint8Array.from(buffer.subarray(start, end)), sequence);
        return;
      case 'ready': {
        // The bytes are the transport's; commands wait for their turn.
        const payload = Buffer.from(buffer.subarray(start, end));
        this.#queue = this.#queue.then(() => this.#onCommand(payload));
        return;
      }
      case 'closed':
        return;
    }
  }

  #startTls(): void {
    const { tls } = this.#options;
    if (tls === null) throw new ProtocolViolation('TLS was not offered', 'badHandshake');
    const detached = this.#transport.detach(this.#assembler.takeUnread());
    acceptTls(
      detached,
      tls,
      (transport) => {
        this.#transport = transport;
        transport.sink = this;
        transport.resume();
      },
      () => this.onClose(),
    );
  }

  #onLogin(response: HandshakeResponse41, sequence: number): void {
    this.#login = { ...response, authResponse: Uint8Array.from(response.authResponse) };
    const plugin = response.authPlugin === '' ? AuthPlugin.nativePassword : response.authPlugin;
    const isKnown = plugin === AuthPlugin.nativePassword || plugin === AuthPlugin.cachingSha2;
    const canSwitch = has(this.#capabilities, Capability.pluginAuth);
    if (isKnown && !(canSwitch && mustAskNative(response.username, plugin, this.#login.authResponse, this.#options.variables()))) {
      this.#finishLogin(plugin, this.#login.authResponse, sequence);
      return;
    }
    this.#phase = 'auth-switch';
    const writer = new PacketWriter(sequence + 1);
    writeAuthSwitchRequest(writer, { authPlugin: AuthPlugin.nativePassword, data: this.#scramble });
    this.#assembler.expectedSequence = writer.sequence;
    this.#write(writer);
  }

  #finishLogin(plugin: LoginAttempt['plugin'], response: Uint8Array, sequence: number): void {
    const { username, schema } = this.#login!;
    const local = isLocal(this.#transport.remoteAddress);
    const verdict = judgeLogin({ username, plugin, response, scramble: this.#scramble, local }, this.#options.variables());
    const writer = new PacketWriter(sequence + 1);
    if (verdict === 'denied' || verdict === 'remote') {
      const host = this.#transport.remoteAddress || 'localhost';
      const usingPassword = hasPassword(response) ? 'YES' : 'NO';
      const denied = `Access denied for user '${username}'@'${host}' (using password: ${usingPassword})`;
      writeErr(
        writer,
        verdict === 'denied'
          ? { errno: 1045, sqlState: '28000', message: `ProxySQL Error: ${denied}` }
          : { errno: 1040, sqlState: '42000', message: `User '${username}' can only connect locally` },
      );
      this.#write(writer);
      this.#transport.end();
      return;
    }
    // With an empty password the server goes straight to OK.
    if (plugin === AuthPlugin.cachingSha2 && hasPassword(response)) writeAuthMoreData(writer, Uint8Array.of(CachingSha2.fastAuthSuccess));
    writeOk(writer, plainOk, this.#capabilities);
    this.#becomeReady(username, verdict, schema);
    this.#write(writer);
  }

  #becomeReady(username: string, role: AdminRole, schema: string): void {
    clearTimeout(this.#timer);
    this.#session = { id: this.#options.id, username, role, schema, warnings: [] };
    this.#phase = 'ready';
    this.#assembler.continueSequence = false;
    this.#assembler.expectedSequence = 0;
  }

  get #capabilities(): number {
    return (this.#login!.capabilities & this.#offered) >>> 0;
  }

  async #onCommand(payload: Buffer): Promise<void> {
    if (this.#phase === 'closed') return;
    const writer = new PacketWriter(1);
    try {
      const reply = await this.#answer(payload);
      if (reply === 'quit') {
        this.#transport.end();
        return;
      }
      writeReply(writer, reply, this.#capabilities);
    } catch (error) {
      writeErr(writer, errorOf(error));
      if (!(error instanceof AdminError) && !(error instanceof ProtocolViolation)) this.#options.onFailure(error);
    }
    this.#write(writer);
  }

  async #answer(payload: Buffer): Promise<AdminReply | 'quit'> {
    const session = this.#session!;
    const done = ok();
    switch (payload[0]) {
      case Command.query: {
        const start = queryTextStart(payload, 0, payload.length, this.#capabilities);
        return this.#options.execute(payload.toString('utf8', start), session);
      }
      case Command.initDb:
        session.schema = readComInitDb(payload, 0, payload.length);
        return done;
      case Command.ping:
      case Command.resetConnection:
      case Command.setOption:
        return done;
      case Command.quit:
        return 'quit';
      default:
        throw new AdminError('Command not supported');
    }
  }

  /** Bytes that are no protocol end the connection; the client is told why. */
  #refuse(error: unknown): void {
    const writer = new PacketWriter((this.#assembler.sequence + 1) & 0xff);
    if (error instanceof ProtocolViolation)
      writeErr(writer, { errno: error.entry.errno, sqlState: error.entry.sqlState, message: error.clientText });
    else this.#options.onFailure(error);
    this.#write(writer);
    this.#phase = 'closed';
    this.#transport.end();
  }

  #write(writer: PacketWriter): void {
    const bytes = writer.take();
    this.#transport.write(bytes, 0, bytes.length, null);
  }
}

function writeReply(writer: PacketWriter, reply: AdminReply, capabilities: number): void {
  if (reply.kind === 'ok') {
    const warnings = Math.min(reply.warnings.length, 0xffff);
    writeOk(writer, { ...plainOk, affectedRows: reply.affectedRows, warnings, info: reply.info }, capabilities);
    return;
  }
  writeTextResultSet(
    writer,
    { columns: reply.columns, rows: reply.rows },
    has(capabilities, Capability.deprecateEof) ? Capability.deprecateEof : 0,
  );
}

function errorOf(error: unknown): { errno: number; sqlState: string; message: string } {
  const message = error instanceof AdminError ? error.message : 'internal error, see the log';
  return { errno: 1045, sqlState: '28000', message: `ProxySQL Admin Error: ${message}` };
}

export type AdminTransports = Pick<Transports, 'forClient'>;

import net from 'node:net';
import { CachingSha2, encryptPassword, sha2ResponseOfPassword } from '../../src/protocol/auth/caching-sha2.js';
import { nativeResponseOfPassword } from '../../src/protocol/auth/native-password.js';
import { Capability, Command, MAX_PACKET, PACKET_HEADER_BYTES, ReplyHeader, ServerStatus } from '../../src/protocol/constants.js';
import { readAuthSwitchRequest } from '../../src/protocol/packets/auth-switch-request.js';
import { readErr } from '../../src/protocol/packets/err.js';
import { writeHandshakeResponse41 } from '../../src/protocol/packets/handshake-response-41.js';
import { type HandshakeV10, readHandshakeV10 } from '../../src/protocol/packets/handshake-v10.js';
import { PacketWriter } from '../../src/protocol/wire/writer.js';
import { APP } from './servers/accounts.js';

export interface WirePacket {
  readonly sequence: number;
  /** Continuation packets joined. */
  readonly payload: Buffer;
}

export interface WireClientOptions {
  readonly username?: string;
  readonly password?: string;
  readonly schema?: string;
  /** Added to what every client of the tests negotiates. */
  readonly capabilities?: number;
  /** MariaDB's own; a client with them does not call itself a MySQL client. */
  readonly mariadbCapabilities?: number;
  /** Of the login; utf8mb4_general_ci when left out. */
  readonly collation?: number;
  readonly timeoutMs?: number;
}

/** What every test client negotiates: no DEPRECATE_EOF, no SESSION_TRACK. */
const BASIC_CAPABILITIES =
  Capability.longPassword |
  Capability.longFlag |
  Capability.protocol41 |
  Capability.secureConnection |
  Capability.transactions |
  Capability.pluginAuth |
  Capability.multiResults |
  Capability.psMultiResults |
  Capability.connectWithDb |
  Capability.localFiles;

/** Payload of COM_STMT_PREPARE_OK up to the warnings. */
const PREPARE_OK_BYTES = 12;

/** The shape of a reply, as far as finding its end needs it. */
export type ReplyShape = 'result' | 'prepare' | 'single' | 'fields' | 'rows';

/** A client that shows each packet as it came: what drivers hide is what the tests look at. */
export class WireClient {
  greeting: HandshakeV10 | null = null;
  capabilities = BASIC_CAPABILITIES;
  closed = false;
  private received: Buffer[] = [];
  private receivedBytes = 0;
  private wake: () => void = () => {};
  private readonly timeoutMs: number;

  private constructor(
    readonly socket: net.Socket,
    timeoutMs: number,
  ) {
    this.timeoutMs = timeoutMs;
    socket.on('data', (chunk) => {
      this.received.push(chunk);
      this.receivedBytes += chunk.length;
      this.wake();
    });
    const onEnd = (): void => {
      this.closed = true;
      this.wake();
    };
    socket.on('close', onEnd);
    socket.on('end', onEnd);
    socket.on('error', onEnd);
  }

  /** A connection on which nothing was sent yet. */
  static async open(port: number, timeoutMs = 8000): Promise<WireClient> {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new WireClient(socket, timeoutMs);
  }

  /** A connection that is logged in. @throws with the server's error */
  static async login(port: number, options: WireClientOptions = {}): Promise<WireClient> {
    const client = await WireClient.open(port, options.timeoutMs);
    const error = await client.tryLogin(options);
    if (error !== null) {
      client.destroy();
      throw new Error(`login refused: ${error.errno} ${error.message}`);
    }
    return client;
  }

  /** Reads the greeting and logs in; the error packet's content when it is refused. */
  async tryLogin(options: WireClientOptions = {}): Promise<{ readonly errno: number; readonly message: string } | null> {
    const first = await this.packet();
    if (first.payload[0] === ReplyHeader.error) return readErr(first.payload, 0, first.payload.length);
    const greeting = readHandshakeV10(first.payload, 0, first.payload.length);
    this.greeting = greeting;
    const mariadbCapabilities = options.mariadbCapabilities ?? 0;
    const basic = mariadbCapabilities === 0 ? BASIC_CAPABILITIES : BASIC_CAPABILITIES & ~Capability.longPassword;
    this.capabilities = (basic | (options.capabilities ?? 0)) >>> 0;
    const username = options.username ?? APP.username;
    const password = options.password ?? APP.password;
    const plugin = greeting.authPlugin;
    const writer = new PacketWriter(1);
    writeHandshakeResponse41(writer, {
      capabilities: this.capabilities,
      mariadbCapabilities,
      maxPacketBytes: 1 << 30,
      collation: options.collation ?? 45,
      username,
      authResponse: responseTo(plugin, password, greeting.scramble),
      schema: options.schema ?? 'app',
      authPlugin: plugin,
      connectAttributes: [],
      zstdLevel: 0,
    });
    this.socket.write(writer.take());
    return this.authenticate(password, greeting.scramble);
  }

  /** Answers whatever is asked until OK or ERR. */
  async authenticate(password: string, firstScramble: Uint8Array): Promise<{ readonly errno: number; readonly message: string } | null> {
    let scramble = firstScramble;
    for (;;) {
      const { payload, sequence } = await this.packet();
      if (payload[0] === ReplyHeader.ok) return null;
      if (payload[0] === ReplyHeader.error) return readErr(payload, 0, payload.length);
      if (payload[0] === ReplyHeader.eof) {
        const request = readAuthSwitchRequest(payload, 0, payload.length);
        scramble = Buffer.from(request.data);
        this.send(responseTo(request.authPlugin, password, scramble), sequence + 1);
      } else if (payload[1] === CachingSha2.fullAuthentication && payload.length === 2) {
        this.send(Buffer.from([CachingSha2.requestPublicKey]), sequence + 1);
      } else if (payload[1] !== CachingSha2.fastAuthSuccess) {
        this.send(encryptPassword(password, scramble, payload.subarray(1)), sequence + 1);
      }
    }
  }

  /** COM_CHANGE_USER, with whatever is asked for the login; the error packet's content when it is refused. */
  changeUser(
    account: { readonly username: string; readonly password: string },
    schema: string,
  ): Promise<{ readonly errno: number; readonly message: string } | null> {
    const { authPlugin, scramble } = this.greeting!;
    const response = responseTo(authPlugin, account.password, scramble);
    const text = (value: string): Buffer => Buffer.from(`${value}\0`);
    this.send(
      Buffer.concat([
        Buffer.from([Command.changeUser]),
        ...[text(account.username), Buffer.from([response.length]), response, text(schema), Buffer.from([45, 0]), text(authPlugin)],
      ]),
    );
    return this.authenticate(account.password, scramble);
  }

  /** Sends one payload, cut into packets of 16 MiB - 1 where it is longer. */
  send(payload: Uint8Array, sequence = 0): void {
    this.socket.write(frame(payload, sequence));
  }

  sendRaw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next packet. @throws when the connection is closed first, or after the time limit */
  async packet(): Promise<WirePacket> {
    const parts: Buffer[] = [];
    for (;;) {
      const header = await this.take(PACKET_HEADER_BYTES);
      const length = header.readUIntLE(0, 3);
      parts.push(await this.take(length));
      if (length < MAX_PACKET) return { sequence: header[3]!, payload: parts.length === 1 ? parts[0]! : Buffer.concat(parts) };
    }
  }

  private async take(bytes: number): Promise<Buffer> {
    const deadline = Date.now() + this.timeoutMs;
    while (this.receivedBytes < bytes) {
      if (this.closed) throw new Error(`connection closed, ${this.receivedBytes} of ${bytes} bytes came`);
      await this.waitForBytes(deadline - Date.now(), bytes);
    }
    const all = this.received.length === 1 ? this.received[0]! : Buffer.concat(this.received);
    this.received = all.length === bytes ? [] : [all.subarray(bytes)];
    this.receivedBytes = all.length - bytes;
    return all.subarray(0, bytes);
  }

  private waitForBytes(waitMs: number, bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer: ${this.receivedBytes} of ${bytes} bytes came`)), Math.max(waitMs, 0));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Waits for the other side's close. @returns the packets that came before it */
  async untilClosed(): Promise<WirePacket[]> {
    const packets: WirePacket[] = [];
    for (;;) {
      try {
        packets.push(await this.packet());
      } catch (error) {
        if (this.closed) return packets;
        throw error;
      }
    }
  }

  /** Sends a command and returns every packet of its reply. */
  async command(payload: Uint8Array, shape: ReplyShape = 'result'): Promise<WirePacket[]> {
    this.send(payload);
    return this.reply(shape);
  }

  query(sql: string): Promise<WirePacket[]> {
    return this.command(comQuery(sql, this.capabilities));
  }

  async reply(shape: ReplyShape): Promise<WirePacket[]> {
    const packets: WirePacket[] = [];
    const next = async (): Promise<Buffer> => {
      const packet = await this.packet();
      packets.push(packet);
      return packet.payload;
    };
    if (shape === 'single') await next();
    else if (shape === 'rows') await this.rows(next);
    else if (shape === 'fields') await this.rows(next);
    else if (shape === 'prepare') await this.prepareReply(next);
    else while (await this.resultReply(next));
    return packets;
  }

  private get hasEof(): boolean {
    return (this.capabilities & Capability.deprecateEof) === 0;
  }

  private async prepareReply(next: () => Promise<Buffer>): Promise<void> {
    const head = await next();
    if (!isPrepared(head)) return;
    for (const count of [head.readUInt16LE(7), head.readUInt16LE(5)]) {
      for (let index = 0; index < count; index++) await next();
      if (count > 0 && this.hasEof) await next();
    }
  }

  /** @returns whether another result follows */
  private async resultReply(next: () => Promise<Buffer>): Promise<boolean> {
    const head = await next();
    if (head[0] === ReplyHeader.error || head[0] === ReplyHeader.localInfile) return false;
    if (head[0] === ReplyHeader.ok) return hasMore(statusOfOk(head));
    const columns = readLength(head, 0).value;
    for (let index = 0; index < columns; index++) await next();
    const status = this.hasEof ? statusOfEnd(await next(), true) : 0;
    if ((status & ServerStatus.cursorExists) !== 0) return false;
    // MySQL: the EOF behind a row of OUT parameters does not say that an OK follows; the one in front does.
    const hasOutParameters = hasMore(status) && (status & ServerStatus.psOutParams) !== 0;
    return hasMore(await this.rows(next)) || hasOutParameters;
  }

  private async rows(next: () => Promise<Buffer>): Promise<number> {
    for (;;) {
      const payload = await next();
      if (payload[0] === ReplyHeader.error) return 0;
      const isEnd = payload[0] === ReplyHeader.eof && payload.length < (this.hasEof ? 9 : MAX_PACKET);
      if (isEnd) return statusOfEnd(payload, this.hasEof);
    }
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** MySQL 9 answers with a plain OK packet to the PREPARE of a SET GLOBAL that the account may not execute. */
export const isPrepared = (head: Uint8Array): boolean => head[0] === ReplyHeader.ok && head.length >= PREPARE_OK_BYTES;

const hasMore = (status: number): boolean => (status & ServerStatus.moreResultsExist) !== 0;

/** Status flags of an EOF packet, or of the OK that stands for one. */
function statusOfEnd(payload: Buffer, isEof: boolean): number {
  return isEof ? payload.readUInt16LE(3) : statusOfOk(payload);
}

export function statusOfOk(payload: Buffer): number {
  const affected = readLength(payload, 1);
  const insertId = readLength(payload, affected.next);
  return payload.readUInt16LE(insertId.next);
}

function readLength(payload: Buffer, at: number): { readonly value: number; readonly next: number } {
  const first = payload[at]!;
  if (first < 0xfb) return { value: first, next: at + 1 };
  const size = first === 0xfc ? 2 : first === 0xfd ? 3 : 8;
  return { value: payload.readUIntLE(at + 1, Math.min(size, 6)), next: at + 1 + size };
}

export function frame(payload: Uint8Array, sequence = 0): Buffer {
  const parts: Uint8Array[] = [];
  for (let start = 0, number = sequence; ; start += MAX_PACKET, number++) {
    const length = Math.min(payload.length - start, MAX_PACKET);
    const header = Buffer.alloc(PACKET_HEADER_BYTES);
    header.writeUIntLE(length, 0, 3);
    header[3] = number & 0xff;
    parts.push(header, payload.subarray(start, start + length));
    if (length < MAX_PACKET) return Buffer.concat(parts);
  }
}

export function comQuery(sql: string | Uint8Array, capabilities = 0): Buffer {
  const attributes = (capabilities & Capability.queryAttributes) !== 0 ? [0, 1] : [];
  return Buffer.concat([Buffer.from([Command.query, ...attributes]), typeof sql === 'string' ? Buffer.from(sql) : sql]);
}

export const bare = (command: number, text = ''): Buffer => Buffer.concat([Buffer.from([command]), Buffer.from(text)]);

export const isError = (packets: readonly WirePacket[]): boolean => packets.at(-1)?.payload[0] === ReplyHeader.error;

/** The error of a reply; errno 0 when it has none. */
export function errorOf(packets: readonly WirePacket[]): { readonly errno: number; readonly message: string } {
  const { payload } = packets.at(-1)!;
  return payload[0] === ReplyHeader.error ? readErr(payload, 0, payload.length) : { errno: 0, message: '' };
}

/** Columns of the rows of a text result, as strings; null for NULL. */
export function textRows(packets: readonly WirePacket[], hasEof = true): (string | null)[][] {
  const columns = packets[0]!.payload[0]!;
  const rows = packets.slice(1 + columns + (hasEof ? 1 : 0), -1);
  return rows.map(({ payload }) => {
    const values: (string | null)[] = [];
    for (let at = 0; at < payload.length; ) {
      if (payload[at] === 0xfb) {
        values.push(null);
        at += 1;
        continue;
      }
      const length = readLength(payload, at);
      values.push(payload.toString('utf8', length.next, length.next + length.value));
      at = length.next + length.value;
    }
    return values;
  });
}

function responseTo(plugin: string, password: string, scramble: Uint8Array): Buffer {
  if (plugin === 'mysql_native_password') return nativeResponseOfPassword(password, scramble);
  return password === '' ? Buffer.alloc(0) : sha2ResponseOfPassword(password, scramble);
}

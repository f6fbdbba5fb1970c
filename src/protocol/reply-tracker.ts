import { assert } from '../base/assert.js';
import {
  Capability,
  has,
  MAX_PACKET,
  MariadbCapability,
  PACKET_HEADER_BYTES,
  PROGRESS_REPORT_ERRNO,
  ReplyHeader,
  ServerStatus,
} from './constants.js';
import { ProtocolViolation } from './wire/protocol-violation.js';
import { PacketReader } from './wire/reader.js';

/** What kind of reply a command gets. */
export const ReplyKind = {
  /** COM_QUERY, COM_PROCESS_INFO: OK, ERR, LOCAL INFILE or result sets, and more of them. */
  query: 0,
  /** COM_STMT_EXECUTE, COM_STMT_BULK_EXECUTE: OK, ERR, result sets, or column definitions of a cursor. */
  execute: 1,
  /** COM_STMT_PREPARE. */
  prepare: 2,
  /** COM_STMT_FETCH: rows only. */
  fetch: 3,
  /** COM_FIELD_LIST: column definitions only. */
  fieldList: 4,
  /** COM_STATISTICS: one packet of text. */
  statistics: 5,
  /** One OK, EOF or ERR: COM_INIT_DB, PING, RESET_CONNECTION, SET_OPTION, STMT_RESET, DEBUG, PROCESS_KILL. */
  simple: 6,
  /** COM_STMT_CLOSE, COM_STMT_SEND_LONG_DATA, COM_QUIT: nothing comes. */
  none: 7,
} as const;
export type ReplyKind = (typeof ReplyKind)[keyof typeof ReplyKind];

/** Why `feed` returned. */
export const ReplyEvent = {
  /** The chunk is used up, or the reply is done. */
  none: 0,
  /** Bytes that had been held back turned out to be of no interest: send `packetBuffer[packetStart, packetEnd)` as it is. */
  held: 1,
  /** An OK (0x00 or 0xFE) with session-state information, which `sessionStateOf` reads; send it or its rewritten form. */
  ok: 2,
  /** An ERR packet; the reply is done. */
  error: 3,
  /** The head of a PREPARE reply; the statement id is at `packetStart + STATEMENT_ID_OFFSET`. */
  prepareOk: 4,
  /** The server wants a file; its name is at `[payloadStart + 1, packetEnd)`. What comes next is the answer to the client's data. */
  localInfile: 5,
} as const;
export type ReplyEvent = (typeof ReplyEvent)[keyof typeof ReplyEvent];

/** What the next packet of the reply is. */
const Phase = {
  head: 0,
  parameters: 1,
  parametersEof: 2,
  columns: 3,
  columnsEof: 4,
  rows: 5,
  fieldColumns: 6,
  done: 7,
} as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/** Longest packet that is held back until it is whole: an OK with much session state. Longer is a violation. */
export const MAX_HELD_BYTES = 1_048_576;
/** Far more than a statement can name. A table has 4096 at most, the list of a SELECT as many as there is room for in its text. */
const MAX_COLUMNS = 0xffff_ffff;
/** COM_STMT_PREPARE_OK up to the warnings, and the shortest OK. */
const PREPARE_OK_BYTES = 12;
const OK_BYTES = 7;
/** A hold buffer that grew beyond this is dropped with the reply. */
const KEPT_BYTES = 4096;
const ANY_SEQUENCE = -1;
const METADATA_CHANGED_HIGH = ServerStatus.metadataChanged >>> 8;
const NOTHING = Buffer.alloc(0);
/** `sessionStateChanged` in the upper byte of status flags. */
const STATE_FLAG = ServerStatus.sessionStateChanged >>> 8;
/** Header and first byte: enough to know what a packet is. */
const PEEK_BYTES = PACKET_HEADER_BYTES + 1;

/**
 * Follows the replies of one server connection by their packet headers. Rows are jumped over, never copied; it allocates
 * nothing but the buffer for a held-back packet.
 *
 * What goes to the client as it is, and what must be looked at first:
 *
 *     tracker.begin(ReplyKind.query);                      // when the command is sent
 *     …
 *     onBytes(buffer, start, end) {
 *       while (start < end && !tracker.done) {
 *         const consumed = tracker.feed(buffer, start, end);
 *         send(buffer, start, tracker.forwardEnd);         // may be empty
 *         switch (tracker.event) {
 *           case ReplyEvent.none: break;
 *           case ReplyEvent.ok: send(filterSessionTrack(tracker.packetBuffer, tracker.packetStart, tracker.packetEnd, keep)); break;
 *           default: send(tracker.packetBuffer, tracker.packetStart, tracker.packetEnd);
 *         }
 *         start = consumed;
 *       }
 *       if (tracker.done) … statusFlags, errno, rows …    // bytes from `start` on belong to the next reply: begin() first
 *     }
 *
 * The usual reply, whole in one chunk and without session state, is one call: `done`, event `none`, forwardEnd = consumed.
 * A packet that may be of interest (the head of a reply, OK, EOF, ERR) and is cut by the end of the chunk is *held back*: its bytes
 * are consumed and copied, `forwardEnd` stays before them, and they come out whole in one later event. So is the header of
 * any packet whose first payload byte is missing. Nothing of an interesting packet is ever within `[start, forwardEnd)`.
 * However the stream is cut, the forwarded bytes and the events other than `held` are the same.
 *
 * `packetBuffer[packetStart, packetEnd)` is valid until the next `feed` or `begin`, and no longer than the chunk fed.
 */
export class ReplyTracker {
  event: ReplyEvent = ReplyEvent.none;
  /** Bytes of the fed chunk up to here go to the client as they are, before the packet of the event. */
  forwardEnd = 0;
  /** The packet of the event, with its header. */
  packetBuffer: Uint8Array = NOTHING;
  packetStart = 0;
  packetEnd = 0;

  kind: ReplyKind = ReplyKind.none;
  /**
   * Clears `sessionStateChanged` in EOF packets, in the bytes that were fed: an EOF can not carry what changed, and clients
   * would see that more is tracked than they asked for.
   */
  hidesStateFlag = false;
  /** Each OK of this reply is an event, whether it has session-state information or not; set behind `begin`. */
  signalsEachOk = false;
  /** Status flags that EOF packets of this reply get, in the bytes that were fed; set behind `begin`. */
  addedToEof = 0;
  /** The last packet of this reply is an EOF, and the server says that there is a change of state that it could not tell. */
  endedUnseen = false;
  /** Of the last OK or EOF packet (also that behind column definitions); kept from reply to reply, 0 at first. */
  statusFlags = 0;
  /** Of the end of the rows that COM_STMT_FETCH got; 0 in other replies. */
  fetchFlags = 0;
  /** Of the last OK or EOF packet of this reply. */
  warnings = 0;
  /** A result of this reply that others follow had some. */
  hadWarnings = false;
  /** Of the reply's last OK packet that ends no rows; 2^53 and more as bigint. */
  affectedRows: number | bigint = 0;
  /** Of the reply's last OK packet in which it is not 0. */
  lastInsertId: number | bigint = 0;
  /** Of the ERR packet that ended the reply, else 0. */
  errno = 0;
  /** The ERR packet was sent before the server had read the command: it begins a sequence, where an answer continues that of its command. */
  isUnasked = false;
  /** "Rows matched" of the reply's last OK packet; -1: it does not say, or in another language. */
  matchedRows = -1;
  /** Rows of all result sets of this reply. */
  rows = 0;
  /** Result sets of this reply that have begun. */
  resultSets = 0;
  /** Those in front of its last OK packet that ends no rows: there are more of them where the last result has rows. */
  resultSetsAtOk = 0;
  /** Of a PREPARE reply; 0 before its head, and where nothing was prepared. */
  statementId = 0;
  /** Of a PREPARE reply, or of the last result set. */
  numColumns = 0;
  /** Of a PREPARE reply. */
  numParams = 0;
  /** Bytes consumed of this reply. */
  bytes = 0;
  /** Sequence number that the server's next packet must have; -1: any. */
  expectedSequence = 1;

  private phase: Phase = Phase.done;
  /** Bytes of the current packet that are still to come and are of no interest. */
  private remaining = 0;
  /** The next packet continues a payload of 16 MiB - 1 bytes or more. */
  private continuation = false;
  private definitionsLeft = 0;
  /** Of a PREPARE reply: without definitions, MySQL sends the EOFs behind them all the same. */
  private definitionsFollow = true;
  /** The EOF behind the columns announced OUT parameters; see `afterColumns`. */
  private outParameters = false;
  private knownColumns = 0;
  /** High byte of the status flags that packets of this reply get, and that they lose. */
  private setsChanged = 0;
  private clearsChanged = 0;
  private held: Buffer = NOTHING;
  private heldLength = 0;
  private readonly deprecateEof: boolean;
  private readonly sessionTrack: boolean;
  private readonly optionalMetadata: boolean;
  private readonly metadataByte: boolean;

  /** @param capabilities what this connection has negotiated with its server */
  constructor(capabilities: number, mariadbCapabilities: number) {
    this.deprecateEof = has(capabilities, Capability.deprecateEof);
    this.sessionTrack = has(capabilities, Capability.sessionTrack);
    this.optionalMetadata = has(capabilities, Capability.optionalResultsetMetadata);
    this.metadataByte = this.optionalMetadata || has(mariadbCapabilities, MariadbCapability.cacheMetadata);
  }

  /** No reply is under way. */
  get done(): boolean {
    return this.phase === Phase.done && this.remaining === 0;
  }
  get isError(): boolean {
    return this.errno !== 0;
  }
  /** A byte of this reply has come. */
  get begun(): boolean {
    return this.bytes > 0;
  }
  /** Bytes that went on to the client, as far as nobody dropped them. */
  get forwardedBytes(): number {
    return this.bytes - this.heldLength;
  }
  /** The reply stands between two rows or two results: an ERR packet with `expectedSequence` ends it as a server would. */
  get mayEndWithError(): boolean {
    return (this.phase === Phase.rows || this.phase === Phase.head) && this.remaining === 0 && !this.continuation;
  }
  /** Bytes that are held back. */
  get heldBytes(): number {
    return this.heldLength;
  }
  /** Where the payload of the event's packet begins. */
  get payloadStart(): number {
    return this.packetStart + PACKET_HEADER_BYTES;
  }

  /**
   * A command was sent whose last packet had this sequence number (0 unless the command was 16 MiB - 1 or longer).
   *
   * @param knownColumns columns that the client was told last for the prepared statement: another number in its result is told
   *   it by `metadataChanged`, which is set and cleared in the bytes that were fed; 0: that flag stays as the server sends it
   */
  begin(kind: ReplyKind, commandSequence = 0, knownColumns = 0): void {
    assert(this.done, 'a reply begins before the last one is done');
    this.kind = kind;
    this.knownColumns = knownColumns;
    this.setsChanged = this.clearsChanged = 0;
    this.event = ReplyEvent.none;
    this.warnings = this.affectedRows = this.lastInsertId = this.errno = this.rows = 0;
    this.resultSets = this.resultSetsAtOk = 0;
    this.matchedRows = -1;
    this.statementId = this.numColumns = this.numParams = this.bytes = this.fetchFlags = 0;
    this.expectedSequence = (commandSequence + 1) & 0xff;
    this.continuation = this.outParameters = this.isUnasked = this.endedUnseen = this.signalsEachOk = this.hadWarnings = false;
    this.addedToEof = 0;
    if (this.held.length > KEPT_BYTES) this.held = NOTHING;
    this.phase = firstPhase(kind);
  }

  /**
   * Looks at `buffer[start, end)` until something happens.
   * @returns up to where bytes were consumed: `end`, or behind the packet of an event, or behind the last byte of the reply
   * @throws ProtocolViolation when a server can not have sent these bytes; the connection is of no use then
   */
  feed(buffer: Uint8Array, start: number, end: number): number {
    this.event = ReplyEvent.none;
    const consumed = this.heldLength > 0 ? this.feedHeld(buffer, start, end) : this.walk(buffer, start, end);
    this.bytes += consumed - start;
    return consumed;
  }

  private walk(buffer: Uint8Array, start: number, end: number): number {
    let position = this.jump(start, end);
    while (this.remaining === 0 && this.phase !== Phase.done) {
      if (this.continuation) position = this.walkContinuation(buffer, position, end);
      else if (this.phase === Phase.rows) position = this.walkRows(buffer, position, end);
      else if (isDefinitions(this.phase)) position = this.walkDefinitions(buffer, position, end);
      if (this.remaining > 0 || this.done || position === end) break;
      if (this.continuation && position + PACKET_HEADER_BYTES <= end) continue;
      if (this.continuation || !this.isWhole(buffer, position, end)) return this.hold(buffer, position, end);
      const packetEnd = position + PACKET_HEADER_BYTES + lengthAt(buffer, position);
      if (packetEnd > end || !this.mustBeWhole(buffer[position + 4]!, packetEnd - position - PACKET_HEADER_BYTES)) {
        position = this.startPlain(buffer, position, end);
        continue;
      }
      this.takePacket(buffer, position, packetEnd);
      if (this.event !== ReplyEvent.none) return this.signal(buffer, position, packetEnd);
      position = packetEnd;
    }
    if (position === start && start < end) throw new ProtocolViolation('bytes from the server without a command');
    this.forwardEnd = position;
    return position;
  }

  /** Over what is left of a packet that is of no interest. */
  private jump(start: number, end: number): number {
    if (this.remaining === 0) return start;
    const jumped = Math.min(this.remaining, end - start);
    this.remaining -= jumped;
    return start + jumped;
  }

  /** Over whole or cut rows; stops at a packet that is none, or whose first byte is missing. */
  private walkRows(buffer: Uint8Array, from: number, end: number): number {
    const peekEnd = end - PEEK_BYTES;
    let position = from;
    let sequence = this.expectedSequence;
    let rows = 0;
    while (position <= peekEnd) {
      const length = buffer[position]! | (buffer[position + 1]! << 8) | (buffer[position + 2]! << 16);
      const first = buffer[position + 4]!;
      if (first >= ReplyHeader.eof && this.mustBeWhole(first, length)) break;
      if (buffer[position + 3] !== sequence) throw outOfOrder(buffer[position + 3]!, sequence);
      if (length === 0) throw emptyPacket();
      sequence = (sequence + 1) & 0xff;
      rows++;
      position += PACKET_HEADER_BYTES + length;
      if (length === MAX_PACKET) {
        this.continuation = true;
        break;
      }
    }
    this.expectedSequence = sequence;
    this.rows += rows;
    return this.cutAt(position, end);
  }

  private walkDefinitions(buffer: Uint8Array, from: number, end: number): number {
    const peekEnd = end - PEEK_BYTES;
    let position = from;
    while (isDefinitions(this.phase) && position <= peekEnd) {
      const length = lengthAt(buffer, position);
      if (this.mustBeWhole(buffer[position + 4]!, length)) break;
      this.countPlain(length, buffer[position + 3]!);
      position += PACKET_HEADER_BYTES + length;
    }
    return this.cutAt(position, end);
  }

  private walkContinuation(buffer: Uint8Array, from: number, end: number): number {
    let position = from;
    while (this.continuation && position + PACKET_HEADER_BYTES <= end) {
      const length = lengthAt(buffer, position);
      this.countPlain(length, buffer[position + 3]!);
      position += PACKET_HEADER_BYTES + length;
    }
    return this.cutAt(position, end);
  }

  private cutAt(position: number, end: number): number {
    if (position <= end) return position;
    this.remaining = position - end;
    return end;
  }

  /** A packet of no interest begins: counts it and moves over what there is of it. */
  private startPlain(buffer: Uint8Array, position: number, end: number): number {
    const length = lengthAt(buffer, position);
    this.countPlain(length, buffer[position + 3]!);
    return this.cutAt(position + PACKET_HEADER_BYTES + length, end);
  }

  /** Moves the state over a packet that needs no look at its payload. */
  private countPlain(length: number, sequence: number): void {
    if (sequence !== this.expectedSequence) throw outOfOrder(sequence, this.expectedSequence);
    this.expectedSequence = (sequence + 1) & 0xff;
    if (this.continuation) {
      this.continuation = length === MAX_PACKET;
      return;
    }
    if (length === 0) throw emptyPacket();
    if (this.phase === Phase.rows) {
      this.rows++;
      this.continuation = length === MAX_PACKET;
      return;
    }
    if (length === MAX_PACKET) throw new ProtocolViolation('a packet of 16 MiB that is no row');
    if (this.phase === Phase.head) this.phase = Phase.done;
    else if (this.phase !== Phase.fieldColumns && --this.definitionsLeft === 0) this.afterDefinitions();
  }

  /** Enough of the packet at `position` is there to go on: all of it, or its first bytes when it is of no interest. */
  private isWhole(buffer: Uint8Array, position: number, end: number): boolean {
    if (end - position < PEEK_BYTES) return false;
    const length = lengthAt(buffer, position);
    return position + PACKET_HEADER_BYTES + length <= end || !this.mustBeWhole(buffer[position + 4]!, length);
  }

  /** Whether the payload must be looked at (or may have to be rewritten), by its first byte and length. */
  private mustBeWhole(first: number, length: number): boolean {
    switch (this.phase) {
      case Phase.head:
        return this.kind !== ReplyKind.statistics || first === ReplyHeader.error;
      case Phase.parameters:
      case Phase.columns:
        return first === ReplyHeader.error;
      case Phase.rows:
        return first === ReplyHeader.error || (first === ReplyHeader.eof && length < (this.deprecateEof ? MAX_PACKET : 9));
      case Phase.fieldColumns:
        return first >= ReplyHeader.eof;
      default:
        return true;
    }
  }

  // Held-back packets

  private hold(buffer: Uint8Array, position: number, end: number): number {
    this.forwardEnd = position;
    this.collect(buffer, position, end, end - position);
    this.checkHeld();
    return end;
  }

  private feedHeld(buffer: Uint8Array, start: number, end: number): number {
    this.forwardEnd = start;
    const wanted = this.continuation ? PACKET_HEADER_BYTES : PEEK_BYTES;
    let position = this.collect(buffer, start, end, wanted);
    if (this.heldLength < wanted) {
      this.checkHeld();
      return position;
    }
    const length = lengthAt(this.held, 0);
    if (this.continuation || !this.mustBeWhole(this.held[4]!, length)) {
      this.countPlain(length, this.held[3]!);
      this.remaining = length - (this.heldLength - PACKET_HEADER_BYTES);
      return this.release(position);
    }
    this.checkHeld();
    position = this.collect(buffer, position, end, PACKET_HEADER_BYTES + length);
    if (this.heldLength < PACKET_HEADER_BYTES + length) return position;
    this.takePacket(this.held, 0, this.heldLength);
    return this.release(position);
  }

  /** Copies until `wanted` bytes are held; returns up to where bytes were taken. */
  private collect(buffer: Uint8Array, start: number, end: number, wanted: number): number {
    const taken = Math.max(0, Math.min(wanted - this.heldLength, end - start));
    const needed = this.heldLength + taken;
    if (needed > this.held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.held.length, 64));
      this.held.copy(larger, 0, 0, this.heldLength);
      this.held = larger;
    }
    this.held.set(buffer.subarray(start, start + taken), this.heldLength);
    this.heldLength = needed;
    return start + taken;
  }

  /** A header that announces nothing or too much would be waited for in vain. */
  private checkHeld(): void {
    if (this.heldLength < PACKET_HEADER_BYTES || this.continuation) return;
    const length = lengthAt(this.held, 0);
    if (length === 0) throw emptyPacket();
    if (this.heldLength === PACKET_HEADER_BYTES || !this.mustBeWhole(this.held[4]!, length)) return;
    if (length > MAX_HELD_BYTES) throw new ProtocolViolation(`${length} bytes announced where ${this.expected()} was expected`);
  }

  private release(position: number): number {
    if (this.event === ReplyEvent.none) this.event = ReplyEvent.held;
    this.packetBuffer = this.held;
    this.packetStart = 0;
    this.packetEnd = this.heldLength;
    this.heldLength = 0;
    return position;
  }

  private signal(buffer: Uint8Array, packetStart: number, packetEnd: number): number {
    this.forwardEnd = packetStart;
    this.packetBuffer = buffer;
    this.packetStart = packetStart;
    this.packetEnd = packetEnd;
    return packetEnd;
  }

  // Packets that are looked at: `buffer[start, end)` is one whole packet with its header

  private takePacket(buffer: Uint8Array, start: number, end: number): void {
    const payload = start + PACKET_HEADER_BYTES;
    if (payload === end) throw emptyPacket();
    if (end - payload === MAX_PACKET) throw new ProtocolViolation('a packet of 16 MiB that is no row');
    const first = buffer[payload]!;
    this.checkSequence(buffer[start + 3]!, first);
    if (first === ReplyHeader.error) this.takeError(buffer, payload, end);
    else if (this.phase === Phase.head) this.takeHead(buffer, payload, end, first);
    else this.takeEnd(buffer, payload, end, first);
  }

  /** An ERR at the head may be one that the server sent on its own, before it saw the command; its number is another then. */
  private checkSequence(sequence: number, first: number): void {
    const unasked = first === ReplyHeader.error && this.phase === Phase.head && this.resultSets === 0;
    if (sequence !== this.expectedSequence && this.expectedSequence !== ANY_SEQUENCE) {
      if (!unasked) throw outOfOrder(sequence, this.expectedSequence);
      this.isUnasked = sequence === 0;
    }
    this.expectedSequence = (sequence + 1) & 0xff;
  }

  private takeHead(buffer: Uint8Array, payload: number, end: number, first: number): void {
    if (this.kind === ReplyKind.prepare) {
      if (first !== ReplyHeader.ok) throw this.unexpected(first);
      this.takePrepareOk(buffer, payload, end);
    } else if (first === ReplyHeader.ok) {
      this.takeOk(buffer, payload, end);
      this.afterResult();
    } else if (first === ReplyHeader.eof) {
      this.takeEofOrOk(buffer, payload, end);
      this.afterResult();
    } else if (this.kind === ReplyKind.simple) {
      throw this.unexpected(first);
    } else if (first === ReplyHeader.localInfile) {
      this.event = ReplyEvent.localInfile;
      this.expectedSequence = ANY_SEQUENCE;
    } else {
      this.takeColumnCount(buffer, payload, end);
    }
  }

  /** EOF behind definitions, or the end of rows or of a field list. */
  private takeEnd(buffer: Uint8Array, payload: number, end: number, first: number): void {
    if (first !== ReplyHeader.eof) throw this.unexpected(first);
    this.takeEofOrOk(buffer, payload, end);
    switch (this.phase) {
      case Phase.parametersEof:
        this.startPrepareColumns();
        return;
      case Phase.columnsEof:
        this.afterColumns();
        return;
      default:
        this.afterResult();
    }
  }

  private takeEofOrOk(buffer: Uint8Array, payload: number, end: number): void {
    const length = end - payload;
    if (length >= 7) {
      this.takeOk(buffer, payload, end);
      return;
    }
    if (length !== 5) throw new ProtocolViolation(`an EOF packet of ${length} bytes`);
    this.warnings = buffer[payload + 1]! | (buffer[payload + 2]! << 8);
    this.endedUnseen = (buffer[payload + 4]! & STATE_FLAG) !== 0;
    if (this.hidesStateFlag) buffer[payload + 4]! &= ~STATE_FLAG;
    this.takeFlags(buffer, payload + 3);
    if (this.addedToEof !== 0) buffer[payload + 4]! |= this.addedToEof >>> 8;
  }

  private takeFlags(buffer: Uint8Array, at: number): void {
    if (this.knownColumns > 0) buffer[at + 1] = (buffer[at + 1]! & ~this.clearsChanged) | this.setsChanged;
    const flags = buffer[at]! | (buffer[at + 1]! << 8);
    // What a cursor's rows end with says nothing of the session: MariaDB leaves out whether autocommit is on.
    if (this.kind === ReplyKind.fetch) this.fetchFlags = flags;
    else this.statusFlags = flags;
  }

  private takeOk(buffer: Uint8Array, payload: number, end: number): void {
    if (end - payload < 7) throw new ProtocolViolation(`an OK packet of ${end - payload} bytes`);
    const affected = buffer[payload + 1]!;
    const inserted = buffer[payload + 2]!;
    if (affected < 0xfb && inserted < 0xfb) {
      this.countOk(buffer[payload]!, affected, inserted);
      this.takeStatus(buffer, payload + 3);
      if (end - payload > 22) this.matchedRows = matchedRowsAt(buffer, payload + 7, end);
    } else {
      this.takeLongOk(buffer, payload, end);
    }
    this.endedUnseen = false;
    const hasState = this.sessionTrack && (this.statusFlags & ServerStatus.sessionStateChanged) !== 0;
    if (hasState || this.signalsEachOk) this.event = ReplyEvent.ok;
  }

  private takeLongOk(buffer: Uint8Array, payload: number, end: number): void {
    const reader = new PacketReader(buffer, payload, end, 'OK packet');
    const header = reader.u8('header');
    const affected = reader.lengthEncoded('affected rows');
    this.countOk(header, affected, reader.lengthEncoded('last insert id'));
    const status = reader.position;
    reader.skip(4, 'status and warnings');
    this.takeStatus(buffer, status);
    this.matchedRows = matchedRowsAt(buffer, status + 4, end);
  }

  private countOk(header: number, affected: number | bigint, inserted: number | bigint): void {
    if (header === ReplyHeader.ok) {
      this.affectedRows = affected;
      this.resultSetsAtOk = this.resultSets;
    }
    if (inserted !== 0) this.lastInsertId = inserted;
  }

  private takeStatus(buffer: Uint8Array, at: number): void {
    this.takeFlags(buffer, at);
    this.warnings = buffer[at + 2]! | (buffer[at + 3]! << 8);
  }

  private takeError(buffer: Uint8Array, payload: number, end: number): void {
    if (end - payload < 3) throw new ProtocolViolation(`an ERR packet of ${end - payload} bytes`);
    const errno = buffer[payload + 1]! | (buffer[payload + 2]! << 8);
    // A progress report: more of the same reply follows, whatever was expected before.
    if (errno === PROGRESS_REPORT_ERRNO) return;
    if (errno === 0) throw new ProtocolViolation('an ERR packet without errno');
    this.errno = errno;
    this.phase = Phase.done;
    this.event = ReplyEvent.error;
  }

  private takeColumnCount(buffer: Uint8Array, payload: number, end: number): void {
    const flagBytes = this.metadataByte ? 1 : 0;
    let count = buffer[payload]!;
    if (count < 0xfb) {
      if (end - payload !== 1 + flagBytes) throw new ProtocolViolation(`a column count of ${end - payload} bytes`);
    } else {
      const reader = new PacketReader(buffer, payload, end - flagBytes, 'column count');
      count = reader.lengthEncodedCount('count');
      reader.expectEnd();
      if (count === 0 || count > MAX_COLUMNS) throw new ProtocolViolation(`a result set of ${count} columns`);
    }
    const follows = !this.metadataByte || buffer[end - 1] !== 0;
    this.resultSets++;
    if (this.knownColumns > 0) {
      this.clearsChanged = METADATA_CHANGED_HIGH;
      this.setsChanged = count === this.knownColumns ? 0 : METADATA_CHANGED_HIGH;
    }
    this.numColumns = count;
    this.definitionsLeft = count;
    this.phase = Phase.columns;
    if (!follows) this.afterDefinitions();
  }

  private takePrepareOk(buffer: Uint8Array, payload: number, end: number): void {
    if (end - payload >= OK_BYTES && end - payload < PREPARE_OK_BYTES) {
      // MySQL (seen in 9.7) answers so where it refuses to prepare a SET GLOBAL and has no error: nothing has been prepared.
      this.takeOk(buffer, payload, end);
      this.phase = Phase.done;
      return;
    }
    const reader = new PacketReader(buffer, payload, end, 'COM_STMT_PREPARE_OK');
    reader.skip(1, 'header');
    this.statementId = reader.u32('statement id');
    this.numColumns = reader.u16('columns');
    this.numParams = reader.u16('parameters');
    reader.skip(1, 'filler');
    this.warnings = reader.remaining >= 2 ? reader.u16('warnings') : 0;
    const follows = !this.optionalMetadata || reader.remaining === 0 || reader.u8('metadata flag') !== 0;
    this.event = ReplyEvent.prepareOk;
    this.definitionsFollow = follows;
    this.definitionsLeft = this.numParams;
    this.phase = Phase.parameters;
    if (this.numParams === 0) this.startPrepareColumns();
    else if (!follows) this.afterDefinitions();
  }

  // Transitions

  private afterDefinitions(): void {
    if (!this.deprecateEof) this.phase = this.phase === Phase.parameters ? Phase.parametersEof : Phase.columnsEof;
    else if (this.phase === Phase.parameters) this.startPrepareColumns();
    else this.afterColumns();
  }

  private startPrepareColumns(): void {
    this.definitionsLeft = this.numColumns;
    this.phase = this.numColumns > 0 ? Phase.columns : Phase.done;
    if (this.numColumns > 0 && !this.definitionsFollow) this.afterDefinitions();
  }

  /**
   * MySQL's EOF behind the row of OUT parameters lacks SERVER_MORE_RESULTS_EXISTS, though an OK follows; only the EOF behind the
   * columns has it. (With `deprecateEof` the OK behind the row has it.) Of a result of a procedure that has a cursor of its own open, both servers
   * say that a cursor exists; more results follow there, and never behind a cursor that is for the client.
   */
  private afterColumns(): void {
    const announced = ServerStatus.psOutParams | ServerStatus.moreResultsExist;
    this.outParameters = this.kind === ReplyKind.execute && !this.deprecateEof && (this.statusFlags & announced) === announced;
    const endings = this.statusFlags & (ServerStatus.cursorExists | ServerStatus.moreResultsExist);
    const cursor = this.kind === ReplyKind.execute && !this.deprecateEof && endings === ServerStatus.cursorExists;
    this.phase = this.kind === ReplyKind.prepare || cursor ? Phase.done : Phase.rows;
  }

  private afterResult(): void {
    const mayHaveMore = this.kind === ReplyKind.query || this.kind === ReplyKind.execute;
    const more = this.outParameters || (this.statusFlags & ServerStatus.moreResultsExist) !== 0;
    this.outParameters = false;
    this.phase = mayHaveMore && more ? Phase.head : Phase.done;
    if (more) this.hadWarnings ||= this.warnings > 0;
  }

  private unexpected(first: number): ProtocolViolation {
    return new ProtocolViolation(
      `a packet that begins with 0x${first.toString(16).padStart(2, '0')} where ${this.expected()} was expected`,
    );
  }

  private expected(): string {
    switch (this.phase) {
      case Phase.head:
        return 'the head of a reply';
      case Phase.parameters:
        return 'a parameter definition';
      case Phase.columns:
      case Phase.fieldColumns:
        return 'a column definition';
      case Phase.parametersEof:
      case Phase.columnsEof:
        return 'the EOF behind definitions';
      case Phase.rows:
        return 'a row';
      case Phase.done:
        return 'nothing';
    }
  }
}

function firstPhase(kind: ReplyKind): Phase {
  switch (kind) {
    case ReplyKind.none:
      return Phase.done;
    case ReplyKind.fetch:
      return Phase.rows;
    case ReplyKind.fieldList:
      return Phase.fieldColumns;
    default:
      return Phase.head;
  }
}

function isDefinitions(phase: Phase): boolean {
  return phase === Phase.columns || phase === Phase.parameters || phase === Phase.fieldColumns;
}

const ROWS_MATCHED = Buffer.from('Rows matched: ');
const DIGIT_0 = 0x30;

/** The number in "Rows matched: 40  Changed: 40  Warnings: 0" of an UPDATE (ER_UPDATE_INFO), whose length is at `start`. */
function matchedRowsAt(buffer: Uint8Array, start: number, end: number): number {
  for (let index = 0; index < ROWS_MATCHED.length; index++) if (buffer[start + 1 + index] !== ROWS_MATCHED[index]) return -1;
  let rows = 0;
  for (let position = start + 1 + ROWS_MATCHED.length; position < end; position++) {
    const digit = buffer[position]! - DIGIT_0;
    if (digit < 0 || digit > 9) return rows;
    rows = rows * 10 + digit;
  }
  return rows;
}

function lengthAt(buffer: Uint8Array, position: number): number {
  return buffer[position]! | (buffer[position + 1]! << 8) | (buffer[position + 2]! << 16);
}

function outOfOrder(sequence: number, expected: number): ProtocolViolation {
  return new ProtocolViolation(`the server sent packet ${sequence}, expected ${expected}`, 'packetsOutOfOrder');
}

function emptyPacket(): ProtocolViolation {
  return new ProtocolViolation('an empty packet from the server');
}

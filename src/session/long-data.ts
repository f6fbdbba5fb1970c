import { type ServerError, weirError } from '../base/errors.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { readErr } from '../protocol/packets/err.js';
import type { PacketAssembler } from '../protocol/wire/framing.js';
import { asBuffer } from '../protocol/wire/reader.js';
import type { GlobalCounters } from '../stats/global-counters.js';
import type { Command } from './command.js';
import { type ClientStatement, forgetPrepared } from './prepared-statements.js';

/** Command, statement and parameter: MySQL answers a shorter packet with an error (sql_prepare.cc, MYSQL_LONG_DATA_HEADER), MariaDB drops it. */
export const LONG_DATA_MIN_BYTES = 7;
/** Offset of the parameter's number in the payload. */
const PARAMETER_OFFSET = 5;
/** What a packet takes beyond its bytes. */
const PACKET_OVERHEAD_BYTES = 128;
/** What all long data of a session may take that waits for its executions, in mysql-max_allowed_packet. */
const MOST_OF_SESSION = 4;

const UNKNOWN_ERROR = 1105;
const MALFORMED_PACKET = 1835;
/** Servers do not translate it. */
const TOO_LONG = /through mysql_send_long_data\(\)/;

/** The COM_STMT_SEND_LONG_DATA packets of a statement since its last execution. */
export class LongData {
  readonly packets: Buffer[] = [];
  /** Memory that they take, in bytes. */
  takenBytes = 0;
  /** The execution under way has not used them: they are for the next one. */
  isUnused = false;
  private readonly bytesOf = new Map<number, number>();

  /** @returns how many bytes the parameter has now */
  add(packet: Buffer, parameter: number, bytes: number): number {
    const all = (this.bytesOf.get(parameter) ?? 0) + bytes;
    this.bytesOf.set(parameter, all);
    this.packets.push(packet);
    this.takenBytes += packet.length + PACKET_OVERHEAD_BYTES;
    return all;
  }
}

/**
 * The long data of a session's statements, kept until the execution: it then goes to whichever server executes. Servers limit each parameter by
 * max_allowed_packet (Item_param::set_longdata), and so does weir; all that waits in a session may take four times as much.
 */
export class SessionLongData {
  private takenBytes = 0;

  /** Takes the packet in the assembler, which is of LONG_DATA_MIN_BYTES or more. @returns why `statement` cannot be executed with it; null: it can */
  take(statement: ClientStatement, assembler: PacketAssembler, maxBytes: number, command: string): ServerError | null {
    const { payloadBuffer, payloadStart, payloadEnd, rawBuffer, rawStart, rawEnd } = assembler;
    const parameter = asBuffer(payloadBuffer).readUInt16LE(payloadStart + PARAMETER_OFFSET);
    if (parameter >= statement.parameters) return weirError('wrongArguments', { command });
    statement.longData ??= new LongData();
    const { longData } = statement;
    const before = longData.takenBytes;
    const packet = Buffer.from(rawBuffer.subarray(rawStart, rawEnd));
    const ofParameter = longData.add(packet, parameter, payloadEnd - payloadStart - LONG_DATA_MIN_BYTES);
    this.takenBytes += longData.takenBytes - before;
    return ofParameter > maxBytes || this.takenBytes > MOST_OF_SESSION * maxBytes ? weirError('longDataTooLong') : null;
  }

  /** The statement has been executed. */
  onExecuted(statement: ClientStatement): void {
    if (statement.longData?.isUnused === true) statement.longData.isUnused = false;
    else this.drop(statement);
  }

  drop(statement: ClientStatement): void {
    if (statement.longData === null) return;
    this.takenBytes -= statement.longData.takenBytes;
    statement.longData = null;
  }

  clear(): void {
    this.takenBytes = 0;
  }
}

/**
 * The reply to an execution is complete. Where a server has refused one with long data it may have done so before it took or forgot that data, and
 * others share its statement, which is closed therefore.
 */
export function closeRefused(connection: PooledConnection, { prepared, statement }: Command, counters: GlobalCounters): void {
  if (connection.tracker.errno !== 0 && statement !== null && statement.longData !== null && prepared !== null)
    forgetPrepared(connection, prepared, counters);
}

/** A server has refused an execution with long data. The tracker stands at the ERR packet. */
export function onLongDataRefused({ tracker, login }: PooledConnection, { statement }: Command): void {
  if (statement === null || statement.longData === null) return;
  // MySQL reads values before it takes long data for used.
  if (tracker.errno === MALFORMED_PACKET) statement.longData.isUnused = login.flavour === 'mysql';
  if (tracker.errno !== UNKNOWN_ERROR) return;
  const error = readErr(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
  // The server's limit is below weir's: as on the server, it is each execution's error.
  if (TOO_LONG.test(error.message)) statement.longDataError = error;
}

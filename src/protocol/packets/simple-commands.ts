import { Capability, Command, has } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';

/** COM_INIT_DB: 1 0x02, rest: schema. */
export function readComInitDb(buffer: Uint8Array, start: number, end: number): string {
  const reader = new PacketReader(buffer, start, end, 'COM_INIT_DB');
  reader.skip(1, 'command');
  return reader.rest().toString('utf8');
}

export function writeComInitDb(writer: PacketWriter, schema: string): void {
  writer.startPacket().u8(Command.initDb).string(schema).endPacket();
}

export interface ComFieldList {
  readonly table: string;
  /** LIKE pattern of column names; empty for all. */
  readonly pattern: string;
}

/** COM_FIELD_LIST: 1 0x04, NUL table, rest: pattern. */
export function readComFieldList(buffer: Uint8Array, start: number, end: number): ComFieldList {
  const reader = new PacketReader(buffer, start, end, 'COM_FIELD_LIST');
  reader.skip(1, 'command');
  return { table: reader.nullTerminatedString('table'), pattern: reader.rest().toString('utf8').replace(/\0$/, '') };
}

export type ClientOption = 'multi-statements-on' | 'multi-statements-off';

/** COM_SET_OPTION: 1 0x1B, 2 option: 0 multi-statements on, 1 off. null: another number, which servers answer with ER_UNKNOWN_COM_ERROR. */
export function readComSetOption(buffer: Uint8Array, start: number, end: number): ClientOption | null {
  const reader = new PacketReader(buffer, start, end, 'COM_SET_OPTION');
  reader.skip(1, 'command');
  const option = reader.u16('option');
  if (option > 1) return null;
  return option === 0 ? 'multi-statements-on' : 'multi-statements-off';
}

/** The capability flags of a session after COM_SET_OPTION. */
export function capabilitiesAfterSetOption(capabilities: number, option: ClientOption): number {
  const { multiStatements } = Capability;
  return (option === 'multi-statements-on' ? capabilities | multiStatements : capabilities & ~multiStatements) >>> 0;
}

/** A command without arguments: COM_PING, COM_QUIT, COM_RESET_CONNECTION, COM_STATISTICS, COM_DEBUG. */
export function writeBareCommand(writer: PacketWriter, command: number): void {
  writer.startPacket().u8(command).endPacket();
}

/** Whether multi-statements are allowed. */
export const allowsMultiStatements = (capabilities: number): boolean => has(capabilities, Capability.multiStatements);

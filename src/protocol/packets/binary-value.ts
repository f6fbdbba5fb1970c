import { FieldType } from '../constants.js';
import type { PacketReader } from '../wire/reader.js';

/** Moves over one value of the binary protocol (manual: "Binary Protocol Value"). `type` is a FieldType. */
export function skipBinaryValue(reader: PacketReader, type: number): void {
  switch (type) {
    case FieldType.null:
      return;
    case FieldType.tiny:
      reader.skip(1, 'value');
      return;
    case FieldType.short:
    case FieldType.year:
      reader.skip(2, 'value');
      return;
    case FieldType.long:
    case FieldType.int24:
    case FieldType.float:
      reader.skip(4, 'value');
      return;
    case FieldType.longLong:
    case FieldType.double:
      reader.skip(8, 'value');
      return;
    case FieldType.date:
    case FieldType.dateTime:
    case FieldType.timestamp:
    case FieldType.time:
      reader.skip(reader.u8('length of the value'), 'value');
      return;
    default:
      reader.skip(reader.lengthEncodedCount('length of the value'), 'value');
  }
}

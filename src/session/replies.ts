import type { ServerError } from '../base/errors.js';
import { Capability, has } from '../protocol/constants.js';
import { writeEof } from '../protocol/packets/eof.js';
import { writeErr, writeErrBeforeGreeting } from '../protocol/packets/err.js';
import { type Ok, plainOk, writeOk } from '../protocol/packets/ok.js';
import { PacketWriter } from '../protocol/wire/writer.js';

/** What weir itself answers. */
export type StatementReply =
  | ({ readonly type: 'ok'; readonly statusFlags: number } & Partial<Pick<Ok, 'affectedRows' | 'info' | 'warnings'>>)
  /** COM_SET_OPTION: EOF, or an OK that begins like one where `deprecateEof` is negotiated. */
  | { readonly type: 'eof'; readonly statusFlags: number; readonly warnings: number }
  | { readonly type: 'err'; readonly error: ServerError };

export function writeStatementReply(reply: StatementReply, sequence: number, capabilities: number): Buffer {
  const writer = new PacketWriter(sequence);
  switch (reply.type) {
    case 'ok': {
      const { affectedRows = 0, info = '', statusFlags: status, warnings = 0 } = reply;
      writeOk(writer, { ...plainOk, affectedRows, status, info, warnings }, capabilities);
      break;
    }
    case 'eof':
      if (has(capabilities, Capability.deprecateEof))
        writeOk(writer, { ...plainOk, endsRows: true, status: reply.statusFlags, warnings: reply.warnings }, capabilities);
      else writeEof(writer, { warnings: reply.warnings, status: reply.statusFlags });
      break;
    case 'err':
      writeErr(writer, reply.error);
      break;
  }
  return writer.take();
}

/** The only packet of a client that is not even greeted. */
export function writeRefusal(error: ServerError): Buffer {
  const writer = new PacketWriter(0);
  writeErrBeforeGreeting(writer, error);
  return writer.take();
}

import type { Restore } from '../backend/connection-state.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import { writeComInitDb } from '../protocol/packets/simple-commands.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { encodeCommands, type PacketWriter } from '../protocol/wire/writer.js';

/** The commands that bring a connection to a session's state, and the replies they will have. */
export interface RestoreCommands {
  readonly bytes: Buffer;
  readonly replies: readonly ReplyKind[];
}

/** `insertId`: the value that LAST_INSERT_ID() must give, or null when the statement does not ask. */
export function restoreCommands(restore: Restore, insertId: number | bigint | null, capabilities: number): RestoreCommands | null {
  const replies: ReplyKind[] = [];
  const commands: ((writer: PacketWriter) => void)[] = [];
  const { schema } = restore;
  if (schema !== null) {
    commands.push((writer) => writeComInitDb(writer, schema));
    replies.push(ReplyKind.simple);
  }
  const set = [restore.set, insertId === null ? null : `SET last_insert_id=${insertId}`].filter((text) => text !== null);
  for (const text of set) {
    commands.push((writer) => writeComQuery(writer, text, capabilities));
    replies.push(ReplyKind.query);
  }
  return replies.length === 0 ? null : { bytes: encodeCommands(commands), replies };
}

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

/** Which every account may choose. */
const ANOTHER_SCHEMA = 'information_schema';

/**
 * `insertId`: the value that LAST_INSERT_ID() must give, or null when the statement does not ask. `reenters`: the schema may be the one that is
 * chosen already, and counts as chosen anew; MariaDB takes that for nothing to do (observed on 10.11).
 */
export function restoreCommands(
  restore: Restore,
  insertId: number | bigint | null,
  capabilities: number,
  reenters: boolean,
): RestoreCommands | null {
  const replies: ReplyKind[] = [];
  const commands: ((writer: PacketWriter) => void)[] = [];
  const { schema } = restore;
  const schemas = schema === null ? [] : reenters ? [ANOTHER_SCHEMA, schema] : [schema];
  for (const text of [restore.role, restore.beforeSchema]) {
    if (text === null) continue;
    commands.push((writer) => writeComQuery(writer, text, capabilities));
    replies.push(ReplyKind.query);
  }
  for (const name of schemas) {
    commands.push((writer) => writeComInitDb(writer, name));
    replies.push(ReplyKind.simple);
  }
  const set = [restore.set, insertId === null ? null : `SET last_insert_id=${insertId}`].filter((text) => text !== null);
  for (const text of set) {
    commands.push((writer) => writeComQuery(writer, text, capabilities));
    replies.push(ReplyKind.query);
  }
  return replies.length === 0 ? null : { bytes: encodeCommands(commands), replies };
}

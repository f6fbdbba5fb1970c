import { resolve } from 'node:path';
import { writeConfigFile } from '../../config/config-file-writer.js';
import { type AdminCommand, adminsOnly, literalOf } from '../command.js';
import type { AdminContext } from '../context.js';
import { AdminError, type AdminReply, ok, rows } from '../reply.js';
import { checkedConfigText } from '../written-config.js';

/** SAVE CONFIG TO FILE path, SELECT CONFIG INTO OUTFILE path: memory as a file that starts an equal weir. */
export const saveConfig: AdminCommand = {
  pattern: /^(?:SAVE\s+CONFIG\s+TO\s+FILE|SELECT\s+CONFIG\s+INTO\s+OUTFILE)\s+('[^']+'|"[^"]+"|`[^`]+`|\S.*)$/i,
  matches: 'text',
  roles: adminsOnly,
  changes: true,
  run: ([, path], context) => save(resolve(literalOf(path!)), context),
};

function save(path: string, context: AdminContext): AdminReply {
  if (path === context.store.path) throw new AdminError(`${path} is weir's own database; accepted: the path of another file`);
  const { text, warnings } = checkedConfigText(context);
  try {
    writeConfigFile(path, text);
  } catch (error) {
    throw new AdminError(`${path} could not be written: ${(error as Error).message}; accepted: a path that weir may write to`);
  }
  return ok(0, '', warnings);
}

/** SELECT CONFIG FILE: the same text as an answer. */
export const selectConfig: AdminCommand = {
  pattern: /^SELECT CONFIG FILE$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: false,
  run: (_match, context) => rows(['Data'], [[checkedConfigText(context).text]]),
};

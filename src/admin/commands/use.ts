import { type AdminCommand, everybody, literalOf } from '../command.js';
import { ok } from '../reply.js';

/** USE x: remembered for DATABASE(); names without a schema are looked up in all of them. */
export const use: AdminCommand = {
  pattern: /^USE\s+(\S+)$/i,
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, schema], _context, session) {
    session.schema = literalOf(schema!);
    return ok();
  },
};

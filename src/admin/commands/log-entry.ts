import { type AdminCommand, adminsOnly, literalOf } from '../command.js';
import { ok } from '../reply.js';

/** LOGENTRY text: a line of the operator in weir's log. */
export const logEntry: AdminCommand = {
  pattern: /^LOGENTRY\s+([\s\S]+)$/i,
  matches: 'text',
  roles: adminsOnly,
  changes: false,
  run([, text], { control }) {
    control.logEntry(literalOf(text!));
    return ok();
  },
};

/** SIGNAL MYSQL THREADS wakes ProxySQL's threads; weir's workers never sleep through anything. */
export const signalThreads: AdminCommand = {
  pattern: /^SIGNAL MYSQL THREADS$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: false,
  run: () => ok(),
};

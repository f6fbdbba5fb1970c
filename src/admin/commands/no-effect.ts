import { type AdminCommand, everybody } from '../command.js';
import { ok } from '../reply.js';

/** What drivers and tools send at their start: accepted, without effect, as in ProxySQL. */
export const noEffect: AdminCommand = {
  pattern:
    /^(?:BEGIN|START TRANSACTION|COMMIT|ROLLBACK|LOCK TABLES?( .*)?|UNLOCK TABLES?|SET (?:NAMES|CHARACTER SET|(?:SESSION |@@|@@SESSION\.)?(?:AUTOCOMMIT|CHARACTER_SET_\w+|COLLATION_CONNECTION|SQL_AUTO_IS_NULL|SQL_SAFE_UPDATES|SQL_MODE|SQL_SELECT_LIMIT|SQL_QUOTE_SHOW_CREATE|NET_\w+_TIMEOUT|WAIT_TIMEOUT|TIME_ZONE|FOREIGN_KEY_CHECKS|SESSION_TRACK\w*|TRANSACTION\b)).*)$/,
  matches: 'upper',
  roles: everybody,
  changes: false,
  run: () => ok(),
};

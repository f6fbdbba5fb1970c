import { type AdminCommand, everybody } from '../command.js';
import { ok } from '../reply.js';

/**
 * What drivers, tools and dumps send around their statements: accepted, without effect, as in ProxySQL. Each statement takes effect alone
 * and at once; there are no transactions to begin.
 */
export const noEffect: AdminCommand = {
  pattern: new RegExp(
    `^(?:${[
      'BEGIN(?: WORK)?',
      'START TRANSACTION(?: .*)?',
      '(?:COMMIT|ROLLBACK|END)(?: WORK)?(?: AND(?: NO)? CHAIN)?(?: (?:NO )?RELEASE)?',
      'LOCK TABLES?( .*)?',
      'UNLOCK TABLES?',
      'FLUSH (?:(?:NO_WRITE_TO_BINLOG|LOCAL) )?(?:TABLES?|PRIVILEGES|STATUS)(?: .*)?',
    ].join('|')})$`,
  ),
  matches: 'upper',
  roles: everybody,
  changes: false,
  run: () => ok(),
};

import { type AdminCommand, everybody } from '../command.js';
import { AdminError } from '../reply.js';

/** PREPARE, EXECUTE and DEALLOCATE as statements: there are no user variables to hold their values. */
export const sqlPrepare: AdminCommand = {
  pattern: /^(PREPARE|EXECUTE(?: IMMEDIATE)?|DEALLOCATE PREPARE|DROP PREPARE) /,
  matches: 'upper',
  roles: everybody,
  changes: false,
  run([, verb]) {
    throw new AdminError(`${verb} is not supported as SQL; the prepared statements of the protocol are (drivers: prepare, execute)`);
  },
};

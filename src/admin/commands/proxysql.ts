import { type AdminCommand, adminsOnly } from '../command.js';
import type { AdminContext } from '../context.js';
import { AdminError, type AdminReply, ok } from '../reply.js';

/** What is done by each PROXYSQL command. */
const ACTIONS: Readonly<Record<string, (context: AdminContext) => AdminReply | Promise<AdminReply>>> = {
  PAUSE: ({ control }) => {
    if (control.paused) throw new AdminError('ProxySQL MySQL module is already paused, impossible to pause');
    control.pause();
    return ok();
  },
  RESUME: ({ control }) => {
    if (!control.paused) throw new AdminError('ProxySQL MySQL module is not paused, impossible to resume');
    control.resume();
    return ok();
  },
  SHUTDOWN: ({ control }) => {
    control.shutdown(false);
    return ok();
  },
  'SHUTDOWN SLOW': ({ control }) => {
    control.shutdown(true);
    return ok();
  },
  'RELOAD TLS': async ({ control }) => {
    await control.reloadKeys();
    return ok();
  },
  'FLUSH LOGS': ({ control }) => {
    control.reopenLogs();
    return ok();
  },
};

export const proxysql: AdminCommand = {
  pattern: /^PROXYSQL (PAUSE|RESUME|SHUTDOWN SLOW|SHUTDOWN|RELOAD TLS|FLUSH LOGS)$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: true,
  run: ([, action], context) => ACTIONS[action!]!(context),
};

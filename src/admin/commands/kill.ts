import type { ConnectionId } from '../../base/ids.js';
import { type AdminCommand, adminsOnly } from '../command.js';
import { AdminError, ok } from '../reply.js';

/** [PROXYSQL|WEIR] KILL [CONNECTION|QUERY] id, where the id is SessionID of the process list: what the client was greeted with. */
export const kill: AdminCommand = {
  pattern: /^(?:(?:PROXYSQL|WEIR) )?KILL (?:(CONNECTION|QUERY) )?(\d{1,10})$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: true,
  async run([, what, id], { control }) {
    if (!(await control.kill(Number(id) as ConnectionId, what === 'QUERY'))) throw new AdminError(`Unknown thread id: ${id}`);
    return ok();
  },
};

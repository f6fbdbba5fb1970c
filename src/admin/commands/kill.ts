import type { ConnectionId } from '../../base/ids.js';
import { type AdminCommand, adminsOnly } from '../command.js';
import { AdminError, ok } from '../reply.js';

/** KILL [CONNECTION|QUERY] id, where the id is what the client sees as its CONNECTION_ID(). */
export const kill: AdminCommand = {
  pattern: /^KILL (?:(CONNECTION|QUERY) )?(\d{1,10})$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: true,
  async run([, what, id], { control }) {
    if (!(await control.kill(Number(id) as ConnectionId, what === 'QUERY'))) throw new AdminError(`Unknown thread id: ${id}`);
    return ok();
  },
};

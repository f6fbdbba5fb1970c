import { setTimeout as wait } from 'node:timers/promises';
import { type AdminCommand, adminsOnly } from '../command.js';
import { rows } from '../reply.js';

const POLL_INTERVAL_MS = 20;
const LONGEST_WAIT_SEC = 3600;

/** PULL VERSION MYSQL SERVERS version timeout: waits (s) until the table of hosts has at least this version, and tells the one it has. */
export const pullVersion: AdminCommand = {
  pattern: /^PULL VERSION MYSQL SERVERS (\d{1,15}) (\d{1,9})$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: false,
  async run([, version, timeoutSec], { control }) {
    const deadline = performance.now() + Math.min(Number(timeoutSec), LONGEST_WAIT_SEC) * 1000;
    while (control.hosts().version < Number(version) && performance.now() < deadline) await wait(POLL_INTERVAL_MS);
    return rows(['version'], [[control.hosts().version]]);
  },
};

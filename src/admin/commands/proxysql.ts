import { suggestion } from '../catalog.js';
import { type AdminCommand, adminsOnly } from '../command.js';
import type { AdminContext } from '../context.js';
import { AdminError, type AdminReply, ok } from '../reply.js';

type Action = (context: AdminContext) => AdminReply | Promise<AdminReply>;

const done =
  (act: (context: AdminContext) => unknown, ...warnings: string[]): Action =>
  async (context) => {
    await act(context);
    return ok(0, '', warnings);
  };

/** What is done by each command behind PROXYSQL or WEIR. */
const ACTIONS: Readonly<Record<string, Action>> = {
  START: done(({ control }) => {
    if (control.running) throw new AdminError('ProxySQL already started');
    return control.startTraffic();
  }),
  STOP: done(({ control }) => {
    if (!control.running) throw new AdminError('ProxySQL already stopped');
    return control.stopTraffic();
  }),
  PAUSE: done(({ control }) => {
    if (!control.running) throw new AdminError('ProxySQL MySQL module is not running, impossible to pause');
    if (control.paused) throw new AdminError('ProxySQL MySQL module is already paused, impossible to pause');
    control.pause();
  }),
  RESUME: done(({ control }) => {
    if (!control.running) throw new AdminError('ProxySQL MySQL module is not running, impossible to resume');
    if (!control.paused) throw new AdminError('ProxySQL MySQL module is not paused, impossible to resume');
    control.resume();
  }),
  RESTART: done(({ control }) => control.restart()),
  SHUTDOWN: done(({ control }) => control.shutdown(false)),
  'SHUTDOWN SLOW': done(({ control }) => control.shutdown(true)),
  KILL: done(({ control }) => control.exitAtOnce()),
  READONLY: done(({ runtime }) => runtime.setVariable('admin-read_only', 'true')),
  READWRITE: done(({ runtime }) => runtime.setVariable('admin-read_only', 'false')),
  'FLUSH LOGS': done(({ control }) => control.reopenLogs()),
  'FLUSH MYSQL CLIENT HOSTS': done(({ control }) => control.clientHosts.flush()),
  'FLUSH QUERY CACHE': done(() => undefined, 'weir has no query cache: there was nothing to flush'),
  'FLUSH CONFIGDB': ({ store }) => {
    const state = store.reopenDisk();
    return ok(0, '', state === 'existing' ? [] : [`${store.path} was gone; it was made anew from memory`]);
  },
  'RELOAD TLS': done(({ control }) => control.reloadKeys()),
};

/** What ProxySQL has for its own developers. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [
    /^MEMPROFILE (?:START|STOP)$/,
    'weir has no memory profiler on the admin port; accepted: node --heap-prof, or kill -USR1 and an inspector',
  ],
  [/^(?:COMPRESSED)?COREDUMP\b/, 'weir writes no core files; accepted: gcore of the process from outside'],
  [/^GCOV (?:DUMP|RESET)$/, 'weir is not built with coverage counters; there is nothing to dump or reset'],
];

/** PROXYSQL x, and WEIR x, which is the same. */
export const proxysql: AdminCommand = {
  pattern: /^(?:PROXYSQL|WEIR)(?: (.*))?$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: true,
  run([, action = ''], context) {
    if (Object.hasOwn(ACTIONS, action)) return ACTIONS[action]!(context);
    const refused = REFUSED.find(([pattern]) => pattern.test(action));
    if (refused !== undefined) throw new AdminError(refused[1]);
    if (/^CLUSTER_NODE_UUID\b/.test(action)) return ok(0, '', ['weir is no member of a cluster: the greeting of this node has no effect']);
    const accepted = Object.keys(ACTIONS).map((name) => `PROXYSQL ${name}`);
    const meant = suggestion(action, Object.keys(ACTIONS));
    const missing = action === '' ? 'PROXYSQL needs to know what' : `there is no command PROXYSQL ${action}${meant}`;
    throw new AdminError(`${missing}; accepted: ${accepted.join(', ')} (WEIR instead of PROXYSQL is the same)`);
  },
};

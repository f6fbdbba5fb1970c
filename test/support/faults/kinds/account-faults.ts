import { APP, MONITOR } from '../../servers/accounts.js';
import { type Account, alterPasswordSql, withRoot } from '../../servers/index.js';
import type { Fault, Node } from '../fault.js';
import { changeLocally, killConnections } from '../local-change.js';

/** Passwords that change on one server; the connections that were logged in with the old one end, as operators do it. */
export const accountFaults: readonly Fault[] = [
  {
    name: 'changed password of the application',
    befalls: ['replica', 'primary'],
    effect: 'refusing',
    tolerates: ['transactionLost', 'fateUnknown', 'notExecuted'],
    begin: (node) => changePassword(node, APP),
  },
  {
    name: 'changed password of the monitor',
    befalls: ['replica', 'primary'],
    effect: 'harmless',
    tolerates: [],
    begin: (node) => changePassword(node, MONITOR),
  },
];

async function changePassword({ server }: Node, account: Account): Promise<{ heal(): Promise<void> }> {
  const set = (password: string): Promise<void> => changeLocally(server, [alterPasswordSql(server.flavour, { ...account, password })]);
  await set(`not ${account.password}`);
  await withRoot(server, (root) => killConnections(root, [account.username]));
  return { heal: () => set(account.password) };
}

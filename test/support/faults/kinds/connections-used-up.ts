import type { Connection } from 'mysql2/promise';
import { APP, MONITOR } from '../../servers/accounts.js';
import { numberOf } from '../../statements.js';
import type { Fault } from '../fault.js';
import { killConnections } from '../local-change.js';

/** MariaDB takes no smaller limit. */
const LIMIT = 10;

/** Another application takes all the connections that a server allows; weir has none left and gets no new one (1040). */
export const connectionsUsedUp: Fault = {
  name: 'max_connections reached',
  befalls: ['replica', 'primary'],
  effect: 'refusing',
  tolerates: ['transactionLost', 'fateUnknown'],
  async begin({ server }) {
    // Before the limit: afterwards one more connection of root would be the last one.
    const root = await server.connect();
    const before = await numberOf(root, 'SELECT @@global.max_connections');
    const others: Connection[] = [];
    for (let count = 0; count < LIMIT + 2; count++) {
      others.push(await server.connect({ user: APP.username, password: APP.password }));
    }
    await root.query(`SET GLOBAL max_connections = ${LIMIT}`);
    const spared = others.map((connection) => connection.threadId);
    await killConnections(root, [APP.username, MONITOR.username], spared);
    return {
      async heal() {
        await root.query(`SET GLOBAL max_connections = ${before}`);
        for (const connection of [...others, root]) connection.destroy();
      },
    };
  },
};

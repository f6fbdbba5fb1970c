import { withRoot } from '../../servers/index.js';
import type { Fault } from '../fault.js';
import { changeLocally } from '../local-change.js';

export const CONFLICT_TABLE = 'CREATE TABLE app.conflict (id INT PRIMARY KEY)';

let rows = 0;

/** A row that the replica has already stops its SQL thread, as a full disk does: what it has grows old, and it answers as before. */
export const brokenReplication: Fault = {
  name: 'broken SQL thread',
  befalls: ['replica'],
  effect: 'lag',
  tolerates: [],
  async begin({ server }, { primary }) {
    const id = ++rows;
    await changeLocally(server, [`INSERT INTO app.conflict VALUES (${id})`]);
    await withRoot(primary.server, (root) => root.query(`INSERT INTO app.conflict VALUES (${id})`));
    return {
      heal: () =>
        changeLocally(server, [
          `DELETE FROM app.conflict WHERE id = ${id}`,
          server.flavour === 'mysql' ? 'START REPLICA SQL_THREAD' : 'START SLAVE SQL_THREAD',
        ]),
    };
  },
};

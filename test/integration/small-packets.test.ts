import { expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { startServer, withRoot } from '../support/servers/index.js';
import { rowsOf } from '../support/statements.js';
import { startWeir } from '../support/weir.js';

/** The least that servers take. */
const LEAST = 1024;

describeEachFlavour('a server that takes small packets only', (flavour) => {
  it('is used all the same, and what its sessions set follows them', async () => {
    const server = await startServer({ flavour, serverId: 1 });
    const weir = await startWeir({
      servers: [{ address: '127.0.0.1', port: server.port, hostgroup: 0 }],
      mysqlVariables: { threads: 1, multiplexing: true },
    });
    try {
      const before = await weir.connect();
      await before.query('SELECT 1');
      await withRoot(server, (root) => root.query(`SET GLOBAL max_allowed_packet = ${LEAST}, GLOBAL net_buffer_length = ${LEAST}`));
      const others = await Promise.all([1, 2, 3].map(() => weir.connect()));
      await Promise.all(others.map((other) => other.query('SELECT SLEEP(0.1)')));
      await others[0]!.query("SET time_zone = '+01:00', group_concat_max_len = 77");
      const answers = await Promise.all(
        others.map((other) => rowsOf(other, 'SELECT @@time_zone AS zone, @@group_concat_max_len AS length, SLEEP(0.1) AS z')),
      );
      expect(answers.map(([row]) => [row?.['zone'], Number(row?.['length']) === 77])).toEqual([
        ['+01:00', true],
        ['SYSTEM', false],
        ['SYSTEM', false],
      ]);
      for (const each of [before, ...others]) await each.end();
    } finally {
      await weir.kill();
      await server.stop();
    }
  });
});

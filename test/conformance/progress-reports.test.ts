import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MariadbCapability, PROGRESS_REPORT_ERRNO, ReplyHeader } from '../../src/protocol/constants.js';
import { type Cluster, flavoursUnderTest, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { comQuery, errorOf, textRows, WireClient } from '../support/wire-client.js';

const ROWS = 400;
/** Copies the table, and takes milliseconds of computing for each row. */
const SLOW = "ALTER TABLE app.slow ADD COLUMN b CHAR(128) AS (SHA2(REPEAT(LPAD(a, 4, '0'), 500000), 512)) STORED";

/** ERR packets of errno 0xFFFF that end nothing (MariaDB Knowledge Base, Progress Reporting). */
describe.runIf(flavoursUnderTest().includes('mariadb'))('progress reports of MariaDB', () => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour: 'mariadb', replicas: 0 });
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1 } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  /** How many reports came in front of the answer. */
  async function reports(port: number, mariadbCapabilities: number): Promise<number> {
    await cluster.execute('DROP TABLE IF EXISTS app.slow', `CREATE TABLE app.slow AS SELECT seq AS a FROM app.seq_1_to_${ROWS}`);
    const client = await WireClient.login(port, { mariadbCapabilities, timeoutMs: 30_000 });
    try {
      await client.query('SET progress_report_time = 1');
      client.send(comQuery(SLOW));
      let count = 0;
      let packet = await client.packet();
      for (; packet.payload[0] === ReplyHeader.error && packet.payload.readUInt16LE(1) === PROGRESS_REPORT_ERRNO; count++)
        packet = await client.packet();
      expect(errorOf([packet])).toMatchObject({ errno: 0 });
      expect(textRows(await client.query('SELECT 7'))).toEqual([['7']]);
      return count;
    } finally {
      client.destroy();
    }
  }

  it('reach clients that asked for them, and no others, as from the server', async () => {
    for (const port of [cluster.primary.port, weir.port]) {
      expect(await reports(port, MariadbCapability.progress)).toBeGreaterThan(0);
      expect(await reports(port, 0)).toBe(0);
    }
  });
});

import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capability, Command } from '../../src/protocol/constants.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { bare, comQuery, frame, isPrepared, WireClient } from '../support/wire-client.js';
import { conversations } from './conversations.js';

/** How the client ends what it has to say. */
const ENDINGS = {
  COM_QUIT: (client: WireClient, bytes: Buffer): void => client.sendRaw(Buffer.concat([bytes, frame(bare(Command.quit))])),
  'half-closing the connection': (client: WireClient, bytes: Buffer): void => void client.socket.end(bytes),
} as const;

/** Everything at once, nothing waited for: the same bytes come back in the same order, straight and through weir. */
describeEachFlavour('clients that do not wait for replies', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let root: Connection;

  beforeAll(async () => {
    // Without replicas everything is read where it was written: what differs is weir's doing.
    cluster = await startCluster({ flavour, replicas: 0, extraArgs: ['--local-infile=1'] });
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1 } });
    root = await cluster.primary.connect();
  });
  afterAll(async () => {
    root?.destroy();
    await weir?.kill();
    await cluster?.stop();
  });

  async function packetsFrom(port: number, bytes: Buffer, capabilities: number, ending: keyof typeof ENDINGS): Promise<string[]> {
    await root.query('DROP TABLE IF EXISTS app.piped');
    await root.query('CREATE TABLE app.piped (id INT AUTO_INCREMENT PRIMARY KEY, a INT)');
    const client = await WireClient.login(port, { capabilities, timeoutMs: 20_000 });
    try {
      ENDINGS[ending](client, bytes);
      return (await client.untilClosed()).map(({ sequence, payload }) => `${sequence} ${withoutStatementId(payload).toString('latin1')}`);
    } finally {
      client.destroy();
    }
  }

  it('are believed to be gone after a while: what still runs for them is ended', async () => {
    const client = await WireClient.login(weir.port);
    client.socket.end(frame(comQuery('SELECT SLEEP(40)')));
    const running = async (): Promise<number> => {
      const [rows] = await root.query<RowDataPacket[]>("SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO = 'SELECT SLEEP(40)'");
      return rows.length;
    };
    await expect.poll(running, { timeout: 10_000 }).toBe(1);
    await expect.poll(running, { timeout: 30_000, interval: 500 }).toBe(0);
    client.destroy();
  });

  for (const ending of Object.keys(ENDINGS) as (keyof typeof ENDINGS)[]) {
    it.each(conversations(flavour).map(({ about, bytes }) => [about, bytes] as const))(
      `get every reply: %s, then ${ending}`,
      async (_, bytes) => {
        for (const capabilities of [0, Capability.deprecateEof]) {
          const straight = await packetsFrom(cluster.primary.port, bytes, capabilities, ending);
          expect(straight.length).toBeGreaterThan(3);
          expect(await packetsFrom(weir.port, bytes, capabilities, ending)).toEqual(straight);
        }
      },
    );
  }
});

/** Each side numbers its statements itself; no OK packet of a conversation is as long as that of a PREPARE. */
function withoutStatementId(payload: Buffer): Buffer {
  return isPrepared(payload) && payload.length === 12 ? payload.fill(0, 1, 5) : payload;
}

import { readFileSync } from 'node:fs';
import type { Connection, FieldPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

/** weir refuses a prepared KILL (README, Limits): its number would be a server's. */
const notPrepared = /^KILL/;
const allStatements = JSON.parse(readFileSync(new URL('script.json', import.meta.url), 'utf8')) as readonly string[];

interface MysqlError {
  readonly errno: number;
  readonly sqlState: string;
  readonly sqlMessage: string;
}

/** Everything that a client sees of one answer. */
async function answer(client: Connection, statement: string, prepared: boolean): Promise<unknown> {
  try {
    const [result, fields] = prepared ? await client.execute(statement) : await client.query(statement);
    return { result: normalised(result), fields: described(fields) };
  } catch (error) {
    const { errno, sqlState, sqlMessage } = error as MysqlError;
    return { errno, sqlState, sqlMessage: String(sqlMessage).replace(/\(stmt \d+\)|thread id: \d+/g, 'N') };
  }
}

/** A client that asked for trackers gets those that servers send by default; the bit itself follows from what is tracked. */
function normalised(result: unknown): unknown {
  return JSON.parse(
    JSON.stringify(result, (key, value) =>
      key === 'serverStatus' ? (value as number) & ~0x4000 : key === 'stateChanges' ? undefined : value,
    ),
  );
}

function described(fields: unknown): unknown {
  if (!Array.isArray(fields)) return null;
  return (fields as (FieldPacket | FieldPacket[])[]).map((field) =>
    Array.isArray(field)
      ? described(field)
      : field === undefined
        ? null
        : [field.name, field.orgName, field.table, field.columnType, field.columnLength, field.flags],
  );
}

describeEachFlavour('the same script straight and through weir', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    weir = await startWeir({ cluster });
  }, 60_000);
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  for (const prepared of [false, true]) {
    it(`gives the same answers, ${prepared ? 'prepared' : 'text'}`, { timeout: 60_000 }, async () => {
      const script = prepared ? allStatements.filter((statement) => !notPrepared.test(statement)) : allStatements;
      const options = { user: APP.username, password: APP.password, database: 'app', multipleStatements: true };
      const straight = await cluster.primary.connect(options);
      const through = await weir.connect({ ...options, multipleStatements: true });
      // The script makes and drops its tables: the second run begins as the first did.
      const expected: unknown[] = [];
      for (const statement of script) expected.push(await answer(straight, statement, prepared));
      const differences: unknown[] = [];
      for (const [index, statement] of script.entries()) {
        await cluster.waitInSync();
        const got = await answer(through, statement, prepared);
        if (JSON.stringify(got) !== JSON.stringify(expected[index])) differences.push({ statement, expected: expected[index], got });
      }
      expect(differences).toEqual([]);
      straight.destroy();
      through.destroy();
    });
  }
});

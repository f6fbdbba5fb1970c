import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isCharsetVariable, isReplayable, restoreBetween, StateInterner } from '../../src/backend/connection-state.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, ROOT, startCluster } from '../support/servers/index.js';

const NAMES = { charset: 'utf8mb4', collation: null };
/** What is set so that the session can not go on: it would end the test, not fail it. */
const LEFT_OUT = new Set([
  'autocommit',
  'completion_type',
  'pseudo_slave_mode',
  'pseudo_replica_mode',
  'timestamp',
  'sql_log_bin',
  'gtid_next',
]);

/** A connection goes from session to session: whatever one set must be undone by what weir sends for the next. */
describeEachFlavour('restoring variables', (flavour) => {
  let cluster: Cluster;
  let connection: Connection;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 0 });
    connection = await cluster.primary.connect({ user: ROOT.username, password: ROOT.password });
  });
  afterAll(async () => {
    connection?.destroy();
    await cluster?.stop();
  });

  async function sessionVariables(): Promise<Map<string, string>> {
    const [rows] = await connection.query<RowDataPacket[]>('SHOW SESSION VARIABLES');
    return new Map(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
  }

  /** Other values that the variable may take. */
  function others(value: string): string[] {
    if (value === 'ON' || value === 'YES') return ['OFF'];
    if (value === 'OFF' || value === 'NO') return ['ON'];
    if (/^\d+$/.test(value)) return [String(Number(value) + 1024), String(Number(value) + 1), '1', '2', '0'];
    if (/^\d+\.\d+$/.test(value)) return [String(Number(value) + 1), '0.5'];
    return ["''", "'NONE'", '1', '2', "'utf8mb4_bin'", "'READ-COMMITTED'", "'ANSI'", "'de_DE'", "'+03:00'", "'MyISAM'"].filter(
      (other) => other !== `'${value}'`,
    );
  }

  const states = new StateInterner();
  const state = (variables: ReadonlyMap<string, string>) => states.get('', null, variables);

  it('brings back what the session began with, for each that can be set', async () => {
    const before = await sessionVariables();
    const broken: string[] = [];
    let restored = 0;
    for (const [name, value] of before) {
      if (LEFT_OUT.has(name) || isCharsetVariable(name) || !isReplayable(name, '0')) continue;
      for (const other of others(value)) {
        const accepted = await connection.query(`SET SESSION ${name} = ${other}`).then(
          () => true,
          () => false,
        );
        if (!accepted) continue;
        const held = state(new Map([[name, other.replaceAll("'", '')]]));
        const { set } = restoreBetween(held, state(new Map()), NAMES, true) ?? { set: null };
        if (set !== null) await connection.query(set).catch((error: Error) => broken.push(`${set}: ${error.message}`));
        restored++;
      }
    }
    const after = await sessionVariables();
    for (const [name, value] of before) {
      if (
        !/^(?:timestamp|pseudo_|last_|identity|rand_|statement_id|error_count|warning_count|in_transaction)/.test(name) &&
        after.get(name) !== value
      )
        broken.push(`${name}: ${value} before, ${after.get(name)} after`);
    }
    expect(broken).toEqual([]);
    expect(restored).toBeGreaterThan(100);
  });
});

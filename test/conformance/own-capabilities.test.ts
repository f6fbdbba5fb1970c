import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capability, MariadbCapability } from '../../src/protocol/constants.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { parseScript } from './script-file.js';
import { differences, type RunOptions, runScript, SCHEMA } from './script-runner.js';

const TRACKING = { capabilities: (Capability.sessionTrack | Capability.deprecateEof) >>> 0 };

const TOLD_SCHEMAS = ['told-schemas', { capabilities: Capability.sessionTrack }] as const;

/** Scripts whose clients negotiate what not all do, or only servers of one flavour offer. */
const SCRIPTS: Readonly<Record<'mariadb' | 'mysql', readonly (readonly [script: string, options: Partial<RunOptions>])[]>> = {
  mariadb: [
    TOLD_SCHEMAS,
    ['bulk', { mariadbCapabilities: MariadbCapability.stmtBulkOperations | MariadbCapability.bulkUnitResults }],
    ['session-track', TRACKING],
  ],
  mysql: [TOLD_SCHEMAS, ['query-attributes', { capabilities: Capability.queryAttributes }], ['session-track', TRACKING]],
};

describeEachFlavour('scripts with what clients may negotiate', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 0 });
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1, diagnostics_hold_ms: 0 } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  const freshSchema = (): Promise<void> =>
    withRoot(cluster.primary, async (connection) => {
      await connection.query(`DROP DATABASE IF EXISTS ${SCHEMA}`);
      await connection.query(`CREATE DATABASE ${SCHEMA}`);
      await connection.query(`GRANT ALL ON ${SCHEMA}.* TO app@'%'`);
    });

  it.each(SCRIPTS[flavour])('%s', async (name, more) => {
    const file = path.join(import.meta.dirname, 'own-capabilities', `${name}.sql`);
    const script = parseScript(name, readFileSync(file, 'utf8'));
    const found: string[] = [];
    for (const eof of [0, Capability.deprecateEof]) {
      const options = { prepared: false, ...more, capabilities: (more.capabilities ?? 0) | eof };
      await freshSchema();
      const straight = await runScript(script, { ...options, port: cluster.primary.port });
      await freshSchema();
      found.push(...differences(straight, await runScript(script, { ...options, port: weir.port })));
    }
    expect(found.join('\n'), script.about).toBe('');
  });
});

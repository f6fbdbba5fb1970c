import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capability } from '../../src/protocol/constants.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { readScripts } from './script-file.js';
import { differences, runScript, SCHEMA } from './script-runner.js';

const scripts = readScripts();
const KINDS = [
  ['text', { prepared: false, capabilities: 0 }],
  ['text, DEPRECATE_EOF', { prepared: false, capabilities: Capability.deprecateEof }],
  ['binary', { prepared: true, capabilities: 0 }],
  ['binary, DEPRECATE_EOF', { prepared: true, capabilities: Capability.deprecateEof }],
] as const;

/** Each script at the server and through a weir that has three connections; every packet must be the same. */
describeEachFlavour('scripts straight and through a weir with few connections', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 0 });
    const { host, port } = cluster.primary;
    weir = await startWeir({
      cluster,
      servers: [{ address: host, port, hostgroup: 0, more: { max_connections: 3 } }],
      mysqlVariables: { threads: 1 },
    });
    await freshSchema();
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

  it.each(scripts.map((script) => [script.name, script] as const))('%s', async (_, script) => {
    const found: string[] = [];
    for (const [kind, options] of KINDS) {
      if (options.prepared && script.textOnly) continue;
      await freshSchema();
      const straight = await runScript(script, { ...options, port: cluster.primary.port });
      await freshSchema();
      const through = await runScript(script, { ...options, port: weir.port });
      found.push(...differences(straight, through).map((difference) => `${kind}: ${difference}`));
    }
    expect(found.join('\n'), script.about).toBe('');
  });
});

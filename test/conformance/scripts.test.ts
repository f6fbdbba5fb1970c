import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capability } from '../../src/protocol/constants.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { newRunDirectory } from '../support/servers/directories.js';
import { type Cluster, type RunningServer, startCluster, startServer } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { CROWD_SCHEMA, Crowd } from './crowd.js';
import { ReplicasInSync } from './replicas-in-sync.js';
import { type ConformanceScript, readScripts, writeKnown } from './script-file.js';
import { differences, runScript, SCHEMA, sessionsOf } from './script-runner.js';
import { seedOf } from './seeded-choice.js';

const scripts = readScripts();
const KINDS = [
  ['text', { prepared: false, capabilities: 0 }],
  ['text, DEPRECATE_EOF', { prepared: false, capabilities: Capability.deprecateEof }],
  ['binary', { prepared: true, capabilities: 0 }],
  ['binary, DEPRECATE_EOF', { prepared: true, capabilities: Capability.deprecateEof }],
] as const;
/** They outlive the schemas: the usual one, and those that scripts make beside it. */
const GRANTS = [SCHEMA, `${SCHEMA}2`, `${SCHEMA}_dropped`].map((schema) => `GRANT ALL ON ${schema}.* TO app@'%'`);
/** To each server. */
const CONNECTIONS = 2;
/** Those of the script included. */
const SESSIONS = 8;
const HAND_OUT = pathToFileURL(fileURLToPath(new URL('random-hand-out.mjs', import.meta.url))).href;

/**
 * Each script at a server, and at a twin of it through a weir that has two connections to each server, used by eight sessions and handed out at
 * random; every packet must be the same.
 */
describeEachFlavour('scripts straight and through a crowded weir', (flavour) => {
  let straight: RunningServer;
  let cluster: Cluster;
  let weir: RunningWeir;
  let crowd: Crowd;
  let replicas: ReplicasInSync;
  let roots: readonly Connection[];
  let runs = 0;
  const seedFile = path.join(newRunDirectory(), 'seed');

  beforeAll(async () => {
    writeFileSync(seedFile, '0');
    [straight, cluster] = await Promise.all([startServer({ flavour }), startCluster({ flavour })]);
    weir = await startWeir({
      servers: cluster.servers.map(({ host, port }, index) => ({
        address: host,
        port,
        hostgroup: index === 0 ? 0 : 1,
        more: { max_connections: CONNECTIONS },
      })),
      // What a connection is kept for ends by others needing it, not by time.
      mysqlVariables: { threads: 1, diagnostics_hold_ms: 60_000 },
      env: {
        NODE_OPTIONS: `--import=${HAND_OUT}`,
        WEIR_HAND_OUT_SEED_FILE: seedFile,
        WEIR_HAND_OUT_CONNECTIONS: String(CONNECTIONS),
      },
    });
    roots = [await straight.connect(), await cluster.primary.connect()];
    for (const root of roots) for (const statement of [...CROWD_SCHEMA, ...GRANTS]) await root.query(statement);
    replicas = await ReplicasInSync.open(cluster);
    await replicas.wait();
    crowd = await Crowd.start(weir.port, SESSIONS - 1);
  });
  afterAll(async () => {
    crowd?.stop();
    replicas?.close();
    for (const root of roots ?? []) root.destroy();
    await weir?.kill();
    await Promise.all([straight?.stop(), cluster?.stop()]);
  });

  async function freshSchemas(): Promise<void> {
    await Promise.all(
      roots.map(async (root) => {
        await root.query(`DROP DATABASE IF EXISTS ${SCHEMA}`);
        await root.query(`CREATE DATABASE ${SCHEMA}`);
      }),
    );
    await replicas.wait();
  }

  async function compare(script: ConformanceScript, [kind, options]: (typeof KINDS)[number]): Promise<string[]> {
    await freshSchemas();
    runs += 1;
    const seed = `${script.name} ${kind}`;
    await crowd.begin(seed, sessionsOf(script).length);
    writeFileSync(seedFile, String(seedOf(seed)));
    const hooks = { beforeStep: crowd.stir, afterStep: replicas.wait };
    const [expected, answers] = await Promise.all([
      runScript(script, { ...options, port: straight.port }),
      runScript(script, { ...options, port: weir.port, ...hooks }),
    ]);
    return differences(expected, answers);
  }

  it.each(scripts.map((script) => [script.name, script] as const))('%s', async (_, script) => {
    const found: Record<string, readonly string[]> = {};
    for (const kind of KINDS) {
      const differs = await compare(script, kind);
      if (differs.length > 0) found[kind[0]] = differs;
    }
    const known = script.known[flavour] ?? {};
    if (process.env.WEIR_UPDATE_DIFFERENCES !== undefined) writeKnown(script.name, flavour, found);
    else expect(found, script.about).toEqual(known);
  });

  it('loses no session of the crowd, which was there in each run', () => {
    expect(crowd.lost).toBe(0);
    expect(crowd.answered).toBeGreaterThanOrEqual(runs);
  });
});

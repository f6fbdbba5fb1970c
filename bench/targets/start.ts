import mysql from 'mysql2/promise';
import { APP, type Cluster } from '../../test/support/servers/index.js';
import { startHaproxy } from './haproxy.js';
import { findProxysql, type Progress, requireProgram } from './programs.js';
import { startProxysql } from './proxysql.js';
import { straightTarget } from './straight.js';
import type { Target, TargetName } from './target.js';
import { startWeirTarget } from './weir.js';

const LOGIN_TIMEOUT_MS = 15_000;
const LOGIN_POLL_MS = 100;

/** What is measured when nobody chooses. */
export function defaultTargets(): readonly TargetName[] {
  return findProxysql() === null ? ['straight', 'haproxy', 'weir'] : ['straight', 'haproxy', 'weir', 'proxysql'];
}

/** Starts the targets one after the other and logs in through each. On a failure those that run are stopped. */
export async function startTargets(names: readonly TargetName[], cluster: Cluster, progress: Progress): Promise<Target[]> {
  const targets: Target[] = [];
  try {
    for (const name of names) {
      progress(`starting ${name}`);
      const target = await startTarget(name, cluster, progress);
      targets.push(target);
      await waitForLogin(target);
    }
    return targets;
  } catch (error) {
    await stopTargets(targets);
    throw error;
  }
}

export async function stopTargets(targets: readonly Target[]): Promise<void> {
  await Promise.all(targets.map((target) => target.stop()));
}

async function startTarget(name: TargetName, cluster: Cluster, progress: Progress): Promise<Target> {
  switch (name) {
    case 'straight':
      return straightTarget(cluster);
    case 'haproxy':
      return startHaproxy(requireProgram('haproxy', progress), cluster);
    case 'weir':
      return startWeirTarget(cluster, true);
    case 'weir-nosplit':
      return startWeirTarget(cluster, false);
    case 'proxysql': {
      const program = findProxysql();
      if (program === null) throw new Error('no proxysql on PATH; name one: WEIR_BENCH_PROXYSQL=/path/to/proxysql');
      return startProxysql(program, cluster);
    }
    default:
      return name satisfies never;
  }
}

async function waitForLogin(target: Target): Promise<void> {
  const deadline = Date.now() + LOGIN_TIMEOUT_MS;
  for (;;) {
    try {
      const connection = await mysql.createConnection({
        host: target.host,
        port: target.port,
        user: APP.username,
        password: APP.password,
        database: 'sbtest',
        connectTimeout: 2000,
      });
      await connection.query('SELECT 1');
      await connection.end();
      return;
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`no login through ${target.title} on port ${target.port}: ${String(error)}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, LOGIN_POLL_MS));
    }
  }
}

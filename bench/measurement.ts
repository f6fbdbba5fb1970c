import type { Cluster } from '../test/support/servers/index.js';
import type { Combination } from './combination.js';
import { endedChildrenCpuSeconds, machineCpu, ownCpuSeconds, treeCpuSeconds } from './process-tree.js';
import { runSysbench, type SysbenchFigures } from './sysbench.js';
import type { Target, TargetName } from './targets/target.js';

/** One run of sysbench against one target. */
export interface Measurement extends SysbenchFigures {
  readonly round: number;
  readonly combination: Combination;
  readonly target: TargetName;
  /** CPU of the proxy's process tree, logins included; null for the server itself. */
  readonly cpuMicrosPerQuery: number | null;
  /** Share of all cores, 0 to 1, that processes with no part in the benchmark took meanwhile. */
  readonly foreignShare: number;
}

export interface Failure {
  readonly round: number;
  readonly combination: Combination;
  readonly target: TargetName;
  readonly reason: string;
}

/** Runs one load against one target and reads the CPU clocks before and after. */
export async function measure(
  sysbench: string,
  cluster: Cluster,
  target: Target,
  combination: Combination,
  seconds: number,
  round: number,
): Promise<Measurement> {
  const before = readClocks(cluster, target);
  const figures = await runSysbench(sysbench, target, combination, seconds);
  const after = readClocks(cluster, target);
  const proxySeconds = after.proxy - before.proxy;
  const ours = proxySeconds + (after.servers - before.servers) + (after.load - before.load);
  const foreign = after.machine.busySeconds - before.machine.busySeconds - ours;
  const total = after.machine.totalSeconds - before.machine.totalSeconds;
  return {
    ...figures,
    round,
    combination,
    target: target.name,
    cpuMicrosPerQuery: target.pid === null ? null : (proxySeconds * 1e6) / Math.max(1, figures.queries),
    foreignShare: Math.min(1, Math.max(0, foreign / Math.max(total, 0.01))),
  };
}

function readClocks(cluster: Cluster, target: Target) {
  return {
    proxy: target.pid === null ? 0 : treeCpuSeconds(target.pid),
    servers: cluster.servers.reduce((sum, server) => sum + treeCpuSeconds(server.pid), 0),
    load: endedChildrenCpuSeconds() + ownCpuSeconds(),
    machine: machineCpu(),
  };
}

import { addCommandStats, type CommandStats } from './command-counters.js';
import type { RuleHits, ServerStats, StatsSnapshot } from './snapshot.js';

/** `worker` of a snapshot that stands for several workers. */
export const MERGED_WORKER = -1;

export const EMPTY_STATS: StatsSnapshot = {
  ...{ worker: MERGED_WORKER, counters: {}, gauges: {}, servers: [], users: {}, errors: {}, commands: {} },
  rules: { version: 0, hits: {} },
};

/** Adds snapshots. Associative and commutative; servers come out ordered by hostgroup, hostname, port. */
export function mergeStats(snapshots: readonly StatsSnapshot[]): StatsSnapshot {
  return {
    worker: MERGED_WORKER,
    counters: addRecords(snapshots.map((snapshot) => snapshot.counters)),
    gauges: addRecords(snapshots.map((snapshot) => snapshot.gauges)),
    servers: mergeServers(snapshots.flatMap((snapshot) => snapshot.servers)),
    users: addRecords(snapshots.map((snapshot) => snapshot.users)),
    errors: addRecords(snapshots.map((snapshot) => snapshot.errors)),
    commands: addCommands(snapshots.map((snapshot) => snapshot.commands)),
    rules: addRules(snapshots.map((snapshot) => snapshot.rules)),
  };
}

/** What remains of a worker that is gone: what it counted, but nothing of what it held. */
export function retireStats(snapshot: StatsSnapshot): StatsSnapshot {
  return { ...snapshot, gauges: {}, users: {}, servers: snapshot.servers.map((server) => ({ ...server, connUsed: 0, connFree: 0 })) };
}

function addRecords(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) sum[name] = (sum[name] ?? 0) + value;
  }
  return sum;
}

function addCommands(tables: readonly StatsSnapshot['commands'][]): Record<string, CommandStats> {
  const sum: Record<string, CommandStats> = {};
  for (const table of tables) {
    for (const [name, stats] of Object.entries(table)) sum[name] = sum[name] === undefined ? stats : addCommandStats(sum[name], stats);
  }
  return sum;
}

/** Hits of rules that were replaced are gone. */
function addRules(parts: readonly RuleHits[]): RuleHits {
  const version = parts.reduce((newest, part) => Math.max(newest, part.version), 0);
  return { version, hits: addRecords(parts.filter((part) => part.version === version).map((part) => part.hits)) };
}

function mergeServers(rows: readonly ServerStats[]): ServerStats[] {
  const merged = new Map<string, ServerStats>();
  for (const row of rows) {
    const key = `${row.hostgroup}/${row.hostname}:${row.port}`;
    const known = merged.get(key);
    merged.set(key, known ? addServers(known, row) : row);
  }
  return [...merged.values()].sort(byPlace);
}

function byPlace(a: ServerStats, b: ServerStats): number {
  if (a.hostgroup !== b.hostgroup) return a.hostgroup - b.hostgroup;
  if (a.hostname !== b.hostname) return a.hostname < b.hostname ? -1 : 1;
  return a.port - b.port;
}

/** `maxConnUsed` adds up to an upper bound: the workers' peaks need not have been at the same time. */
function addServers(a: ServerStats, b: ServerStats): ServerStats {
  return {
    hostgroup: a.hostgroup,
    hostname: a.hostname,
    port: a.port,
    connUsed: a.connUsed + b.connUsed,
    connFree: a.connFree + b.connFree,
    connOk: a.connOk + b.connOk,
    connErr: a.connErr + b.connErr,
    maxConnUsed: a.maxConnUsed + b.maxConnUsed,
    queries: a.queries + b.queries,
    bytesSent: a.bytesSent + b.bytesSent,
    bytesReceived: a.bytesReceived + b.bytesReceived,
    latencyBuckets: a.latencyBuckets.map((count, index) => count + (b.latencyBuckets[index] ?? 0)),
    latencySumUs: a.latencySumUs + b.latencySumUs,
  };
}

import type { HostTable, ServerStatus } from '../config/snapshot.js';
import { LATENCY_BUCKETS_US, type ServerStats } from '../stats/snapshot.js';
import type { Sample, Scrape } from './samples.js';

/** Numbers of proxysql_connpool_conns_status. */
const STATUS_NUMBERS: Readonly<Record<ServerStatus, number>> = { ONLINE: 1, SHUNNED: 2, OFFLINE_SOFT: 3, OFFLINE_HARD: 4 };

/** Pool and queries by hostgroup and server, under ProxySQL's names where it has them, so that dashboards go on working. */
export function addServerMetrics(scrape: Scrape, servers: readonly ServerStats[], hosts: HostTable): void {
  const each = (value: (server: ServerStats) => number, extra: Record<string, string> = {}): Sample[] =>
    servers.map((server) => ({ value: value(server), labels: { ...labelsOf(server), ...extra } }));
  scrape.gauge('proxysql_connpool_conns', 'Server connections by state.', [
    ...each((server) => server.connUsed, { status: 'used' }),
    ...each((server) => server.connFree, { status: 'free' }),
  ]);
  scrape.counter('proxysql_connpool_conns_total', 'Server connections made, and attempts that failed.', [
    ...each((server) => server.connOk, { status: 'ok' }),
    ...each((server) => server.connErr, { status: 'err' }),
  ]);
  scrape.counter('proxysql_connpool_data_bytes_total', 'Bytes exchanged with servers.', [
    ...each((server) => server.bytesSent, { traffic_flow: 'sent' }),
    ...each((server) => server.bytesReceived, { traffic_flow: 'recv' }),
  ]);
  scrape.counter(
    'proxysql_connpool_conns_queries_total',
    'Statements sent to servers.',
    each((server) => server.queries),
  );
  scrape.gauge(
    'weir_pool_connections_used_max',
    'Highest number of leased connections (an upper bound over workers).',
    each((server) => server.maxConnUsed),
  );
  scrape.histogram(
    'weir_query_duration_seconds',
    'Time from sending a statement to the end of its reply.',
    servers.flatMap(latencySamples),
  );
  scrape.gauge(
    'proxysql_connpool_conns_status',
    'Status of a server: 1 ONLINE, 2 SHUNNED, 3 OFFLINE_SOFT, 4 OFFLINE_HARD.',
    hosts.placements.map((placement) => ({ value: STATUS_NUMBERS[placement.status], labels: labelsOf(placement) })),
  );
}

function labelsOf(server: { readonly hostgroup: number; readonly hostname: string; readonly port: number }): Record<string, string> {
  return { endpoint: server.port === 0 ? server.hostname : `${server.hostname}:${server.port}`, hostgroup: String(server.hostgroup) };
}

/** Buckets of a histogram are cumulative; weir's are not. */
function latencySamples(server: ServerStats): Sample[] {
  const name = 'weir_query_duration_seconds';
  const labels = labelsOf(server);
  let count = 0;
  const buckets = server.latencyBuckets.map((inBucket, index) => {
    count += inBucket;
    const bound = LATENCY_BUCKETS_US[index];
    return { metricName: `${name}_bucket`, value: count, labels: { ...labels, le: bound === undefined ? '+Inf' : String(bound / 1e6) } };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, value: server.latencySumUs / 1e6, labels },
    { metricName: `${name}_count`, value: count, labels },
  ];
}

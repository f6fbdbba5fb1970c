import { collectDefaultMetrics, Registry } from 'prom-client';
import { mergeStats } from '../stats/merge.js';
import type { StatsSnapshot } from '../stats/snapshot.js';
import { Scrape } from './samples.js';
import { addServerMetrics } from './server-metrics.js';
import type { HttpSources } from './sources.js';

/** Text of /metrics. Metrics of the control process itself have the prefix `weir_`. */
export class Metrics {
  readonly #process = new Registry();
  readonly #sources: HttpSources;
  readonly #startedAt = Date.now();

  constructor(sources: HttpSources) {
    this.#sources = sources;
    collectDefaultMetrics({ register: this.#process, prefix: 'weir_' });
  }

  get contentType(): string {
    return this.#process.contentType;
  }

  async text(): Promise<string> {
    const scrape = new Scrape();
    const stats = mergeStats(await this.#sources.stats());
    scrape.counter('proxysql_uptime_seconds_total', 'Seconds since the start.', [
      { value: Math.floor((Date.now() - this.#startedAt) / 1000) },
    ]);
    addGlobalMetrics(scrape, stats);
    addServerMetrics(scrape, stats.servers, this.#sources.hosts());
    addControlMetrics(scrape, this.#sources);
    return (await this.#process.metrics()) + (await scrape.text());
  }
}

/** Names that dashboards know. */
const WELL_KNOWN: Readonly<Record<string, { readonly name: string; readonly labels?: Readonly<Record<string, string>> }>> = {
  Questions: { name: 'proxysql_questions_total' },
  Slow_queries: { name: 'proxysql_slow_queries_total' },
  Client_Connections_created: { name: 'proxysql_client_connections_total', labels: { status: 'created' } },
  Client_Connections_aborted: { name: 'proxysql_client_connections_total', labels: { status: 'aborted' } },
  Server_Connections_created: { name: 'proxysql_server_connections_total', labels: { status: 'created' } },
  Server_Connections_aborted: { name: 'proxysql_server_connections_total', labels: { status: 'aborted' } },
  Queries_backends_bytes_recv: { name: 'proxysql_queries_backends_bytes_total', labels: { traffic_flow: 'received' } },
  Queries_backends_bytes_sent: { name: 'proxysql_queries_backends_bytes_total', labels: { traffic_flow: 'sent' } },
  Queries_frontends_bytes_recv: { name: 'proxysql_queries_frontends_bytes_total', labels: { traffic_flow: 'received' } },
  Queries_frontends_bytes_sent: { name: 'proxysql_queries_frontends_bytes_total', labels: { traffic_flow: 'sent' } },
};

function addGlobalMetrics(scrape: Scrape, stats: StatsSnapshot): void {
  const byName = new Map<string, { value: number; labels?: Readonly<Record<string, string>> }[]>();
  for (const [counter, value] of Object.entries(stats.counters)) {
    const { name, labels } = WELL_KNOWN[counter] ?? { name: `${ownName(counter)}_total` };
    byName.set(name, [...(byName.get(name) ?? []), labels ? { value, labels } : { value }]);
  }
  for (const [name, samples] of byName) scrape.counter(name, 'Counter of stats_mysql_global.', samples);
  for (const [gauge, value] of Object.entries(stats.gauges)) {
    const name = gauge.startsWith('weir_') ? gauge : `proxysql_${gauge.toLowerCase()}`;
    scrape.gauge(name, 'Gauge of stats_mysql_global.', [{ value }]);
  }
  scrape.gauge(
    'weir_client_connections_by_user',
    'Connected clients.',
    Object.entries(stats.users).map(([username, value]) => ({ value, labels: { username } })),
  );
  scrape.counter(
    'weir_errors_total',
    'ERR packets sent to clients.',
    Object.entries(stats.errors).map(([errno, value]) => ({ value, labels: { errno } })),
  );
}

const ownName = (counter: string): string => (counter.startsWith('weir_') ? counter : `weir_${counter.toLowerCase()}`);

function addControlMetrics(scrape: Scrape, sources: HttpSources): void {
  const workers = sources.workers();
  scrape.gauge(
    'weir_worker_up',
    'Whether the worker runs and accepts.',
    workers.map(({ worker, running, accepting }) => ({ value: Number(running && accepting), labels: { worker } })),
  );
  scrape.counter(
    'weir_worker_restarts_total',
    'Times that the worker died and was started again.',
    workers.map(({ worker, restarts }) => ({ value: restarts, labels: { worker } })),
  );
  const checks = sources.checks();
  scrape.counter('weir_monitor_checks_total', 'Checks of the monitor by result.', [
    ...checks.map(({ check, ok }) => ({ value: ok, labels: { check, result: 'ok' } })),
    ...checks.map(({ check, failed }) => ({ value: failed, labels: { check, result: 'error' } })),
  ]);
  scrape.gauge(
    'weir_monitor_refused',
    'Checks that living servers refuse to the monitor.',
    sources.refusals().map((refused) => ({ value: 1, labels: { ...refused } })),
  );
  scrape.counter(
    'weir_server_events_total',
    'What happened to servers and workers; monitor.weir_events has the last ones.',
    sources.events().map(({ kind, to, count }) => ({ value: count, labels: { kind, to } })),
  );
  scrape.counter(
    'weir_event_hook_runs_total',
    'Runs of mysql-event_hook, and events that got none since too many waited.',
    Object.entries(sources.hookRuns()).map(([result, value]) => ({ value, labels: { result } })),
  );
}

/** The variables of weir that decide how soon it notices things, as all tests of faults set them; ms unless the name says otherwise. */
export const FAULT_VARIABLES = {
  threads: 2,
  monitor_connect_timeout: 600,
  monitor_ping_interval: 400,
  monitor_ping_timeout: 400,
  monitor_ping_max_failures: 3,
  monitor_read_only_interval: 300,
  monitor_read_only_timeout: 400,
  monitor_read_only_max_timeout_count: 3,
  monitor_replication_lag_interval: 500,
  monitor_replication_lag_timeout: 400,
  monitor_writer_is_also_reader: false,
  connect_timeout_server: 1000,
  /* Longer than a server takes to stop or to start on a slow machine: MySQL takes ten seconds to stop now and then. */
  connect_timeout_server_max: 30_000,
  ping_interval_server_msec: 1000,
  ping_timeout_server: 400,
  shun_recovery_time_sec: 1,
} as const;

/** Replicas beyond it are left out; far above what a busy machine makes of a healthy one. */
export const MAX_REPLICATION_LAG_SEC = 20;

const v = FAULT_VARIABLES;

/** What weir may take by its variables, ms. */
export const BOUNDS_MS = {
  /** A server that ends connections or refuses them: its statements move at once; a connection attempt may be under way. */
  refusing: v.connect_timeout_server,
  /** A server that says nothing: pings must fail so often, each after its interval and its timeout. */
  silent: v.monitor_ping_max_failures * (v.monitor_ping_interval + v.monitor_ping_timeout) + v.connect_timeout_server,
  /** A replica whose replication stands still: the next look at its lag. */
  lag: v.monitor_replication_lag_interval + v.monitor_replication_lag_timeout,
  /** A role that changes: the next look at read_only of both servers. */
  role: 2 * (v.monitor_read_only_interval + v.monitor_read_only_timeout),
  /** A server that is well again: its shunning ends, its next ping is answered, its role and lag are looked at. */
  returning:
    v.shun_recovery_time_sec * 1000 +
    v.monitor_ping_interval +
    v.monitor_ping_timeout +
    v.monitor_read_only_interval +
    v.monitor_read_only_timeout +
    3 * v.monitor_replication_lag_interval +
    v.connect_timeout_server,
} as const;

/** For a machine that does other things too: bounds show hangs, not hiccups. */
export const SLACK = { factor: 2, ms: 1500 } as const;

export const withSlack = (boundMs: number): number => boundMs * SLACK.factor + SLACK.ms;

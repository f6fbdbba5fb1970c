import { booleanValue, integerValue, textValue, type VariableValues } from '../config/variables.js';
import type { MonitorLogin, ServerTls } from './monitor-connection.js';
import type { WriterConflictAnswer } from './writer-choice.js';

/** The monitor's variables, typed. Intervals and timeouts in ms. */
export interface MonitorSettings {
  readonly enabled: boolean;
  /** How long results of checks are kept. */
  readonly historyMs: number;
  readonly username: string;
  readonly password: string;
  readonly tls: ServerTls;
  /** mysql-monitor_wait_timeout: servers need not keep a connection of a monitor that is gone for hours. */
  readonly setsWaitTimeout: boolean;
  /** mysql-monitor_local_dns_cache_ttl; 0 switches looks at host names off. */
  readonly dnsTtlMs: number;
  /** mysql-monitor_local_dns_cache_refresh_interval; 0 as well. */
  readonly dnsIntervalMs: number;
  readonly connectIntervalMs: number;
  readonly connectTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly pingMaxFailures: number;
  readonly readOnlyIntervalMs: number;
  readonly readOnlyTimeoutMs: number;
  readonly readOnlyMaxTimeouts: number;
  readonly lagIntervalMs: number;
  readonly lagTimeoutMs: number;
  /** Lag in seconds that stands for an unknown one. */
  readonly lagWhenNullSec: number;
  /** Looks in a row that say that a server is too far behind, or no longer, before that counts. */
  readonly lagCount: number;
  /** `schema.table` of pt-heartbeat; '' for none. */
  readonly lagHeartbeatTable: string;
  readonly writerIsAlsoReader: boolean;
  /** For servers with max_latency_ms 0; 0 is no limit. */
  readonly defaultMaxLatencyMs: number;
  readonly writerConflict: WriterConflictAnswer;
  /** Connection errors within a second that shun a server; 0 never shuns. */
  readonly shunOnFailures: number;
  readonly shunRecoveryMs: number;
  /** A fixed version string for the handshake, or null for the primary's. */
  readonly serverVersion: string | null;
}

const NO_TLS: ServerTls = { serverCaPem: null, serverCertPem: null, serverKeyPem: null };

/** A connection that no check has used for this many of the longest interval is not needed. */
const IDLE_INTERVALS = 10;

export function monitorLogin(settings: MonitorSettings): MonitorLogin {
  const { username, password, tls, connectTimeoutMs, setsWaitTimeout } = settings;
  return { username, password, tls, connectTimeoutMs, waitTimeoutSec: setsWaitTimeout ? Math.ceil(idleLimitMs(settings) / 1000) : 0 };
}

/** How long a connection of the monitor may rest, ms; ten seconds at least. */
export function idleLimitMs({ pingIntervalMs, readOnlyIntervalMs, lagIntervalMs }: MonitorSettings): number {
  return Math.max(10_000, IDLE_INTERVALS * Math.max(pingIntervalMs, readOnlyIntervalMs, lagIntervalMs));
}

/** `tls`: the certificates for servers, as the snapshot's variables hold them. */
export function monitorSettings(values: VariableValues, tls: ServerTls = NO_TLS): MonitorSettings {
  const integer = (name: string): number => integerValue(values, `mysql-${name}`);
  const serverVersion = textValue(values, 'mysql-server_version');
  return {
    enabled: booleanValue(values, 'mysql-monitor_enabled'),
    historyMs: integer('monitor_history'),
    username: textValue(values, 'mysql-monitor_username'),
    password: textValue(values, 'mysql-monitor_password'),
    tls: { serverCaPem: tls.serverCaPem, serverCertPem: tls.serverCertPem, serverKeyPem: tls.serverKeyPem },
    setsWaitTimeout: booleanValue(values, 'mysql-monitor_wait_timeout'),
    dnsTtlMs: integer('monitor_local_dns_cache_ttl'),
    dnsIntervalMs: integer('monitor_local_dns_cache_refresh_interval'),
    connectIntervalMs: integer('monitor_connect_interval'),
    connectTimeoutMs: integer('monitor_connect_timeout'),
    pingIntervalMs: integer('monitor_ping_interval'),
    pingTimeoutMs: integer('monitor_ping_timeout'),
    pingMaxFailures: integer('monitor_ping_max_failures'),
    readOnlyIntervalMs: integer('monitor_read_only_interval'),
    readOnlyTimeoutMs: integer('monitor_read_only_timeout'),
    readOnlyMaxTimeouts: integer('monitor_read_only_max_timeout_count'),
    lagIntervalMs: integer('monitor_replication_lag_interval'),
    lagTimeoutMs: integer('monitor_replication_lag_timeout'),
    lagWhenNullSec: integer('monitor_slave_lag_when_null'),
    lagCount: integer('monitor_replication_lag_count'),
    lagHeartbeatTable: textValue(values, 'mysql-monitor_replication_lag_use_percona_heartbeat').trim(),
    defaultMaxLatencyMs: integer('default_max_latency_ms'),
    writerIsAlsoReader: booleanValue(values, 'mysql-monitor_writer_is_also_reader'),
    writerConflict: textValue(values, 'mysql-writer_conflict') as WriterConflictAnswer,
    shunOnFailures: integer('shun_on_failures'),
    shunRecoveryMs: integer('shun_recovery_time_sec') * 1000,
    serverVersion: serverVersion === '' || serverVersion.toLowerCase() === 'auto' ? null : serverVersion,
  };
}

import { booleanValue, integerValue, textValue, type VariableValues } from '../config/variables.js';
import type { WriterConflictAnswer } from './writer-choice.js';

/** The monitor's variables, typed. Intervals and timeouts in ms. */
export interface MonitorSettings {
  readonly enabled: boolean;
  /** How long results of checks are kept. */
  readonly historyMs: number;
  readonly username: string;
  readonly password: string;
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
  readonly writerConflict: WriterConflictAnswer;
  /** Connection errors within a second that shun a server; 0 never shuns. */
  readonly shunOnFailures: number;
  readonly shunRecoveryMs: number;
  /** A fixed version string for the handshake, or null for the primary's. */
  readonly serverVersion: string | null;
}

export function monitorSettings(values: VariableValues): MonitorSettings {
  const integer = (name: string): number => integerValue(values, `mysql-${name}`);
  const serverVersion = textValue(values, 'mysql-server_version');
  return {
    enabled: booleanValue(values, 'mysql-monitor_enabled'),
    historyMs: integer('monitor_history'),
    username: textValue(values, 'mysql-monitor_username'),
    password: textValue(values, 'mysql-monitor_password'),
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
    writerIsAlsoReader: booleanValue(values, 'mysql-monitor_writer_is_also_reader'),
    writerConflict: textValue(values, 'mysql-writer_conflict') as WriterConflictAnswer,
    shunOnFailures: integer('shun_on_failures'),
    shunRecoveryMs: integer('shun_recovery_time_sec') * 1000,
    serverVersion: serverVersion === '' || serverVersion.toLowerCase() === 'auto' ? null : serverVersion,
  };
}

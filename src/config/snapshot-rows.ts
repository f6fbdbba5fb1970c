import { hostgroupId, serverKey } from '../base/ids.js';
import type { FastRoutingConfig, QueryRuleConfig, ReplicationPair, ServerConfig, ServerStatus, UserConfig } from './snapshot.js';
import type { ConfigRow } from './table-types.js';
import { modifiersOf } from './tables/query-rules.js';
import { checkTypes, serverStatuses } from './tables/servers.js';
import { additionalPasswords } from './user-passwords.js';

/** Rows that `checkRow` has passed, as values of the snapshot. */

const text = (row: ConfigRow, column: string): string => String(row[column] ?? '');
const nullableText = (row: ConfigRow, column: string): string | null => (row[column] == null ? null : String(row[column]));
const integer = (row: ConfigRow, column: string): number => Number(row[column]);
const nullableInteger = (row: ConfigRow, column: string): number | null => (row[column] == null ? null : Number(row[column]));
const flag = (row: ConfigRow, column: string): boolean => Number(row[column]) === 1;

export function userOf(row: ConfigRow): UserConfig {
  return {
    username: text(row, 'username'),
    password: text(row, 'password'),
    additionalPasswords: additionalPasswords(text(row, 'attributes')),
    defaultHostgroup: hostgroupId(integer(row, 'default_hostgroup')),
    // ProxySQL writes an empty text where no schema is wanted.
    defaultSchema: nullableText(row, 'default_schema') || null,
    schemaLocked: flag(row, 'schema_locked'),
    transactionPersistent: flag(row, 'transaction_persistent'),
    maxConnections: integer(row, 'max_connections'),
    useSsl: flag(row, 'use_ssl'),
  };
}

export function serverOf(row: ConfigRow): ServerConfig {
  const hostname = text(row, 'hostname');
  const port = integer(row, 'port');
  return {
    hostgroup: hostgroupId(integer(row, 'hostgroup_id')),
    hostname,
    port,
    key: serverKey(hostname, port),
    status: statusOf(text(row, 'status')),
    weight: integer(row, 'weight'),
    maxConnections: integer(row, 'max_connections'),
    maxReplicationLagSec: integer(row, 'max_replication_lag'),
    maxLatencyMs: integer(row, 'max_latency_ms'),
    useSsl: flag(row, 'use_ssl'),
    comment: text(row, 'comment'),
  };
}

function statusOf(value: string): ServerStatus {
  return serverStatuses.find((status) => status === value.toUpperCase()) ?? 'OFFLINE_HARD';
}

export function pairOf(row: ConfigRow): ReplicationPair {
  const checkType = text(row, 'check_type').toLowerCase();
  return {
    writer: hostgroupId(integer(row, 'writer_hostgroup')),
    reader: hostgroupId(integer(row, 'reader_hostgroup')),
    checkType: checkTypes.find((candidate) => candidate === checkType) ?? 'read_only',
  };
}

/** An empty text asks for nothing, as in ProxySQL. */
const textOrAny = (row: ConfigRow, name: string): string | null => nullableText(row, name) || null;

export function ruleOf(row: ConfigRow): QueryRuleConfig {
  const destination = nullableInteger(row, 'destination_hostgroup');
  return {
    ruleId: integer(row, 'rule_id'),
    username: textOrAny(row, 'username'),
    schemaname: textOrAny(row, 'schemaname'),
    flagIn: integer(row, 'flagIN'),
    clientAddr: textOrAny(row, 'client_addr'),
    proxyAddr: textOrAny(row, 'proxy_addr'),
    proxyPort: nullableInteger(row, 'proxy_port'),
    digest: textOrAny(row, 'digest'),
    matchDigest: nullableText(row, 'match_digest'),
    matchPattern: nullableText(row, 'match_pattern'),
    negateMatchPattern: flag(row, 'negate_match_pattern'),
    modifiers: modifiersOf(row['re_modifiers']),
    flagOut: nullableInteger(row, 'flagOUT'),
    destinationHostgroup: destination === null ? null : hostgroupId(destination),
    errorMessage: nullableText(row, 'error_msg'),
    okMessage: nullableText(row, 'OK_msg'),
    multiplex: multiplexOf(nullableInteger(row, 'multiplex')),
    apply: flag(row, 'apply'),
    comment: nullableText(row, 'comment'),
  };
}

export function fastRoutingOf(row: ConfigRow): FastRoutingConfig {
  return {
    username: text(row, 'username'),
    schemaname: text(row, 'schemaname'),
    flagIn: integer(row, 'flagIN'),
    destination: hostgroupId(integer(row, 'destination_hostgroup')),
  };
}

function multiplexOf(value: number | null): 0 | 1 | 2 | null {
  return value === 0 || value === 1 || value === 2 ? value : null;
}

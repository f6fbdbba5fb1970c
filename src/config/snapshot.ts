import type { ConfigVersion, HostgroupId, ServerKey } from '../base/ids.js';
import type { DataPlaneVariables } from './data-plane-variables.js';

/** What the workers run by. Immutable and versioned; built by the control process from validated rows, nothing in it is text to parse again. */
export interface ConfigSnapshot {
  readonly version: ConfigVersion;
  readonly variables: DataPlaneVariables;
  readonly users: readonly UserConfig[];
  readonly servers: readonly ServerConfig[];
  readonly replicationHostgroups: readonly ReplicationPair[];
  /** Active rules only, in rule_id order. */
  readonly queryRules: readonly QueryRuleConfig[];
  readonly fastRouting: readonly FastRoutingConfig[];
  /** Counts up each time that rules are loaded: hits begin again. */
  readonly rulesVersion: number;
  /** PEM texts for client TLS, or null when `mysql-have_ssl` is false or no key could be made. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly ca: string } | null;
  /** RSA key pair (PEM) for the caching_sha2_password full path without TLS. */
  readonly rsa: { readonly privateKey: string; readonly publicKey: string };
}

/** One account: a row of mysql_users with frontend=1 (clients log in with it) and backend=1 (weir logs in to servers with it). */
export interface UserConfig {
  readonly username: string;
  /** Clear text, `*HEX40` (SHA1(SHA1(password))), a `$A$…` caching_sha2 hash (also as `0x` and hexadecimal digits), or '' for no password. */
  readonly password: string;
  /** Of the same forms: any of them is as good as the first. */
  readonly additionalPasswords: readonly string[];
  readonly defaultHostgroup: HostgroupId;
  /** null: `mysql-default_schema` semantics of a server, that is none. */
  readonly defaultSchema: string | null;
  readonly schemaLocked: boolean;
  readonly transactionPersistent: boolean;
  /** 0 = unlimited. */
  readonly maxConnections: number;
  readonly useSsl: boolean;
  /** Of an account of a server's own user table: which of those with this name. */
  readonly host?: string;
}

/** An account of a server's own user table (`mysql-users_from_backend`). */
export interface BackendUser {
  readonly username: string;
  /** The account's host as the server has it: an address, a pattern or a netmask. */
  readonly host: string;
  /** `*HEX40`, `$A$…` (one character a byte) or '' for no password; any of them lets a client in. */
  readonly passwords: readonly string[];
  readonly locked: boolean;
  readonly useSsl: boolean;
  /** 0 = unlimited. */
  readonly maxConnections: number;
  readonly defaultHostgroup: HostgroupId;
  /** Why weir can let nobody in with it, for messages; '' where it can. */
  readonly unusable: string;
}

/** A row of mysql_servers as configured. */
export interface ServerConfig {
  readonly hostgroup: HostgroupId;
  readonly hostname: string;
  /** 0: `hostname` is the path of a Unix socket. */
  readonly port: number;
  readonly key: ServerKey;
  readonly status: ServerStatus;
  readonly weight: number;
  readonly maxConnections: number;
  readonly maxReplicationLagSec: number;
  /** 0: mysql-default_max_latency_ms. */
  readonly maxLatencyMs: number;
  readonly useSsl: boolean;
  readonly comment: string;
}

export type ServerStatus = 'ONLINE' | 'SHUNNED' | 'OFFLINE_SOFT' | 'OFFLINE_HARD';

/** A row of mysql_replication_hostgroups. */
export interface ReplicationPair {
  readonly writer: HostgroupId;
  readonly reader: HostgroupId;
  readonly checkType: 'read_only' | 'innodb_read_only' | 'super_read_only' | 'read_only|innodb_read_only' | 'read_only&innodb_read_only';
}

/** A row of mysql_query_rules; undefined-able columns are null as in the table. */
export interface QueryRuleConfig {
  readonly ruleId: number;
  readonly username: string | null;
  readonly schemaname: string | null;
  readonly flagIn: number;
  readonly clientAddr: string | null;
  readonly proxyAddr: string | null;
  readonly proxyPort: number | null;
  readonly digest: string | null;
  readonly matchDigest: string | null;
  readonly matchPattern: string | null;
  readonly negateMatchPattern: boolean;
  /** Of CASELESS, GLOBAL. */
  readonly modifiers: readonly string[];
  readonly flagOut: number | null;
  readonly destinationHostgroup: HostgroupId | null;
  readonly errorMessage: string | null;
  /** Answered as the info of an OK, without executing the statement. */
  readonly okMessage: string | null;
  readonly multiplex: 0 | 1 | 2 | null;
  readonly apply: boolean;
  readonly comment: string | null;
}

/** A row of mysql_query_rules_fast_routing: where statements of a user in a schema go when no rule has named a hostgroup. */
export interface FastRoutingConfig {
  /** '' is every user. */
  readonly username: string;
  readonly schemaname: string;
  /** What the flag is after the rules. */
  readonly flagIn: number;
  readonly destination: HostgroupId;
}

/**
 * Where each server stands right now. Decided by the control process (configuration, read_only, health) and sent whole,
 * apart from the snapshot, each time that it changes; `version` counts up.
 */
export interface HostTable {
  readonly version: number;
  readonly placements: readonly Placement[];
  /** What the handshake with clients offers; see DESIGN §6. */
  readonly identity: ServerIdentity;
}

/** One server in one hostgroup as it runs. */
export interface Placement {
  readonly hostgroup: HostgroupId;
  readonly hostname: string;
  readonly port: number;
  readonly key: ServerKey;
  readonly status: ServerStatus;
  /** It gets statements: it is ONLINE, has a weight and answers fast enough (max_latency_ms). */
  readonly serves: boolean;
  /** Why it does not serve, for messages: `ping failed 3 times: connect ECONNREFUSED`; when it does, an alarm that concerns it, or ''. */
  readonly reason: string;
  /** It answers nobody: what waits for it there would wait for ever. */
  readonly unreachable: boolean;
  readonly weight: number;
  /** Over all workers and all hostgroups in which the server stands with this limit. */
  readonly maxConnections: number;
  readonly useSsl: boolean;
}

/** The face that weir shows to clients: learned from the servers' own handshakes. */
export interface ServerIdentity {
  /** Version string of the handshake, e.g. `8.4.3` or `11.4.2-MariaDB-log`. */
  readonly version: string;
  readonly flavour: 'mysql' | 'mariadb';
  /** Some known server is of the other flavour, or none is known at all. */
  readonly flavourIsUnsure?: boolean;
  /** The oldest and the newest major version of all known servers, whatever mysql-server_version says. */
  readonly majors?: readonly [number, number];
  /** Capability flags (32 bits, unsigned) that all known servers have; weir masks out what it can not do itself. */
  readonly capabilities: number;
  /** MariaDB's extended capabilities (upper 32 bits); 0 for MySQL. */
  readonly mariadbCapabilities: number;
  /** Default collation id of the handshake (one byte). */
  readonly collation: number;
  /** Default authentication plugin of the handshake. */
  readonly authPlugin: string;
}

/**
 * Never set by a statement. MySQL reports `statement_id` behind nearly every statement when it is tracked (by `*` too), which would make
 * every OK packet one that must be looked into. Servers with a very small max_allowed_packet are worth that.
 */
const NEVER_SET: ReadonlySet<string> = new Set(['statement_id', 'error_count', 'warning_count', 'gtid_owned']);

/**
 * Groups of variables that have no session scope in MySQL 5.7 to 9.7 (and none could mean anything to a session). Leaves three fifths of
 * the names: each costs the server time at login and memory as long as the connection lives.
 */
const GLOBAL_GROUPS = new RegExp(
  `^(${[
    'admin|authentication|caching_sha2|component|dragnet|clone|delayed|event_scheduler|flush|ft|general_log|have|init|key_buffer|key_cache|keyring|log',
    'lower_case|mysqlx|ngram|performance_schema|relay|replica|replication|report|rpl|sha256|skip|slave|slow|ssl|sync|table_open|temptable|thread',
    'tls|validate_password|version|innodb_(adaptive|autoextend|buffer|change|checksum|cmp|commit|concurrency|data|dedicated|disable|doublewrite)',
    'innodb_(fast|file|fill|flush|force|ft_(aux|cache|max|min|num|result|server|sort|total)|idle|io|log|lru|max|monitor|old|online|open|optimize)',
    'innodb_(page|print|purge|random|read|redo|replication|rollback|segment|sort|spin|stats|status|sync|temp|thread|undo|use|validate|version|write)',
  ].join('|')})(_|$)`,
);

/** Which of the names that a server's SHOW SESSION VARIABLES has are worth tracking. */
export function worthTracking(names: readonly string[]): string[] {
  return names
    .map((name) => name.toLowerCase())
    .filter((name) => /^[a-z0-9_.]+$/.test(name) && !NEVER_SET.has(name) && !GLOBAL_GROUPS.test(name));
}

/**
 * What the variables of a server version are called: read by the first login to it, kept for all further ones. One for a
 * worker. (MySQL ignores names that it does not know, so another server of the same version with fewer plugins does no harm.)
 */
export class TrackedVariables {
  private readonly lists = new Map<string, string>();

  /** The comma-separated names, or null when no login has read them yet. */
  get(serverVersion: string): string | null {
    return this.lists.get(serverVersion) ?? null;
  }

  set(serverVersion: string, names: readonly string[]): string {
    // Servers come and go, but not that many versions; a server that invents a new one each time must not fill the memory.
    if (this.lists.size >= MAX_VERSIONS) this.lists.clear();
    const list = worthTracking(names).join(',');
    this.lists.set(serverVersion, list);
    return list;
  }

  /** The list is too long for the servers' max_allowed_packet. */
  shorten(serverVersion: string): void {
    this.lists.set(serverVersion, ALL);
  }
}

const MAX_VERSIONS = 64;
/** Also what is not worth it, which `worthTracking` leaves out. */
const ALL = '*';

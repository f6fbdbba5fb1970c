/** `SET NAMES charset [COLLATE collation]` or `SET CHARACTER SET charset`; null where the handshake's character set still holds. */
export interface NamesSetting {
  readonly charset: string;
  readonly collation: string | null;
  /** SET CHARACTER SET; the collation of the connection is beside it, among the variables. */
  readonly isCharacterSet?: boolean;
}

/**
 * What a statement may depend on and weir can carry to another connection: schema, character set, system variables.
 * Immutable and interned: two sessions (or a session and a connection) in the same state share one object, so the
 * statement path compares references.
 */
export interface SessionState {
  /** '' = no schema selected. */
  readonly schema: string;
  readonly names: NamesSetting | null;
  /** Values as the server's tracker reported them, by lower-case name. */
  readonly variables: ReadonlyMap<string, string>;
  readonly key: string;
}

/** All that SET NAMES sets. */
const CHARSET_VARIABLES: ReadonlySet<string> = new Set([
  'character_set_client',
  'character_set_results',
  'character_set_connection',
  'collation_connection',
]);

/** Setting the one sets the other too, so only the one set last is carried (MySQL manual, "Connection Character Sets and Collations"). */
const IMPLIED_BY: Readonly<Record<string, string>> = {
  character_set_connection: 'collation_connection',
  collation_connection: 'character_set_connection',
  character_set_server: 'collation_server',
  collation_server: 'character_set_server',
  // Two names of one value (seen in MariaDB 10.11; the first pair in MySQL 9.7 too).
  max_delayed_threads: 'max_insert_delayed_threads',
  max_insert_delayed_threads: 'max_delayed_threads',
  tmp_table_size: 'tmp_memory_table_size',
  tmp_memory_table_size: 'tmp_table_size',
  default_storage_engine: 'storage_engine',
  storage_engine: 'default_storage_engine',
  alter_algorithm: 'old_alter_table',
  old_alter_table: 'alter_algorithm',
  long_query_time: 'log_slow_query_time',
  log_slow_query_time: 'long_query_time',
  slow_query_log: 'log_slow_query',
  log_slow_query: 'slow_query_log',
  min_examined_row_limit: 'log_slow_min_examined_row_limit',
  log_slow_min_examined_row_limit: 'min_examined_row_limit',
  wsrep_causal_reads: 'wsrep_sync_wait',
  wsrep_sync_wait: 'wsrep_causal_reads',
};

/** The other name of a variable, or the one that is set with it; its own where there is none. */
export const sameVariable = (name: string): string => IMPLIED_BY[name] ?? name;

/** Setting the first sets the second, unreported: on where joins are not limited, off where they are. The second leaves the first alone. */
export const MAX_JOIN_SIZE = 'max_join_size';
export const BIG_SELECTS = 'sql_big_selects';
const UNLIMITED_JOIN_SIZE = '18446744073709551615';
/** As MariaDB's `old` sets parts of old_mode (seen in 10.11). */
export const SETS_ANOTHER: readonly (readonly [first: string, second: string])[] = [
  [MAX_JOIN_SIZE, BIG_SELECTS],
  ['old', 'old_mode'],
];
/** MariaDB (seen in 10.11): a part of the value of another variable, which is carried. */
export const PART_OF: Readonly<Record<string, string>> = {
  log_queries_not_using_indexes: 'log_slow_filter',
  log_slow_admin_statements: 'log_slow_disabled_statements',
  log_slow_slave_statements: 'log_slow_disabled_statements',
};

/**
 * Bound to a connection or to a moment: setting them again elsewhere would not give the same session.
 * (MySQL manual, Server System Variables: these are documented as internal to replication, or read back differently.)
 */
const NOT_REPLAYABLE: ReadonlySet<string> = new Set([
  'timestamp',
  'insert_id',
  'last_insert_id',
  'identity',
  'rand_seed1',
  'rand_seed2',
  'pseudo_thread_id',
  'pseudo_replica_mode',
  'pseudo_slave_mode',
  'gtid_next',
  'gtid_seq_no',
  'gtid_domain_id',
  'server_id',
  'skip_replication',
  'skip_parallel_replication',
  // Until the schema is chosen anew, which any restore may do.
  'character_set_database',
  'collation_database',
  // What a SET NAMES in the same SET means depends on them.
  'default_collation_for_utf8mb4',
  'character_set_collations',
  'proxy_user',
  'external_user',
  'debug',
  'debug_sync',
  'session_track_system_variables',
  'session_track_schema',
  'session_track_state_change',
  'session_track_gtids',
  'session_track_transaction_info',
]);

/** Values with which later statements look at what this very connection has executed (its inserts, its profiles, its traces), or that a SET may refuse. */
const NEEDS_CONNECTION: ReadonlyMap<string, RegExp> = new Map([
  ['sql_auto_is_null', /^(?:1|on)$/i],
  ['profiling', /^(?:1|on)$/i],
  ['optimizer_trace', /enabled=on/i],
  // A session may set 0 or the global value, and goes on with the latter when that is changed.
  ['max_delayed_threads', /^[1-9]/],
  ['max_insert_delayed_threads', /^[1-9]/],
  // Shown in the time zone of the session, read in that of the connection.
  ['system_versioning_asof', /\d/],
]);

/** Among the variables: the list behind SET ROLE that gives the session the roles it has. Absent: those of the login. */
export const ROLE = 'current_role()';

/** A value that means the same inside plain quotes whatever the sql_mode and character set: ASCII without quotes and backslashes. */
const PLAIN_VALUE = /^[ !#-&(-[\]-~]*$/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** True when `name = value`, as reported by a tracker, can be set again on another connection. */
export function isReplayable(name: string, value: string): boolean {
  return !NEEDS_CONNECTION.get(name)?.test(value) && !NOT_REPLAYABLE.has(name) && PLAIN_VALUE.test(value);
}

/** The same of what the variable may be set to, but for text that is not plain. */
export const followsWithAnyValue = (name: string): boolean => !NEEDS_CONNECTION.has(name) && !NOT_REPLAYABLE.has(name);

export function isCharsetVariable(name: string): boolean {
  return CHARSET_VARIABLES.has(name);
}

/** Makes and shares states. When too many have been seen the table starts again; equality then falls back to the key. */
export class StateInterner {
  private states = new Map<string, SessionState>();

  constructor(private readonly maxStates: number = 10_000) {}

  get(schema: string, names: NamesSetting | null, variables: ReadonlyMap<string, string>): SessionState {
    const key = stateKey(schema, names, variables);
    const known = this.states.get(key);
    if (known !== undefined) return known;
    if (this.states.size >= this.maxStates) this.states = new Map();
    const state: SessionState = { schema, names, variables, key };
    this.states.set(key, state);
    return state;
  }

  withSchema(state: SessionState, schema: string): SessionState {
    return state.schema === schema ? state : this.get(schema, state.names, state.variables);
  }

  /**
   * The state `prepared` with what `current` says of transactions: for preparing a text again as it was first. Setting autocommit would
   * commit the transaction that is open.
   */
  asPrepared(current: SessionState, prepared: SessionState): SessionState {
    const kept = [...current.variables].filter(([name]) => !isParsedBy(name));
    const parsed = [...prepared.variables].filter(([name]) => isParsedBy(name));
    return this.get(prepared.schema, prepared.names, new Map([...kept, ...parsed]));
  }

  /** SET NAMES replaces what single character-set variables said before. */
  withNames(state: SessionState, names: NamesSetting): SessionState {
    const variables = new Map([...state.variables].filter(([name]) => !CHARSET_VARIABLES.has(name)));
    return this.get(state.schema, names, variables);
  }

  withVariable(state: SessionState, name: string, value: string): SessionState {
    if (state.variables.get(name) === value && name !== MAX_JOIN_SIZE) return state;
    const variables = new Map(state.variables);
    const implied = IMPLIED_BY[name];
    if (implied !== undefined) variables.delete(implied);
    variables.set(name, value);
    if (name === MAX_JOIN_SIZE) variables.set(BIG_SELECTS, value === UNLIMITED_JOIN_SIZE ? 'ON' : 'OFF');
    return this.get(state.schema, state.names, variables);
  }

  /** Of values that hold together, in whatever order a server has reported them. */
  withVariables(state: SessionState, values: ReadonlyMap<string, string>): SessionState {
    let next = state;
    for (const [name, value] of values) next = this.withVariable(next, name, value);
    const bigSelects = values.get(BIG_SELECTS);
    return bigSelects === undefined ? next : this.withVariable(next, BIG_SELECTS, bigSelects);
  }
}

/** They matter when a statement is executed; setting most of them would touch the open transaction. */
const NOT_FOR_PREPARING: ReadonlySet<string> = new Set([
  ROLE,
  'autocommit',
  'transaction_isolation',
  'tx_isolation',
  'transaction_read_only',
  'tx_read_only',
]);

/**
 * Whether preparing a statement may depend on the variable. Not only its parsing does: servers decide then on precision
 * (div_precision_increment), lengths (group_concat_max_len), rewriting (sql_auto_is_null) and plans.
 */
const isParsedBy = (name: string): boolean => !NOT_FOR_PREPARING.has(name);

/** Names the part of a state under which a text was prepared. */
export function parseKey(state: SessionState): string {
  return stateKey(state.schema, state.names, new Map([...state.variables].filter(([name]) => isParsedBy(name))));
}

/** Whether a text is parsed alike in both, whatever their schemas. */
export function areParsedAlike(a: SessionState, b: SessionState): boolean {
  return sameNames(a.names, b.names) && hasParsedOf(a, b) && hasParsedOf(b, a);
}

function hasParsedOf(state: SessionState, other: SessionState): boolean {
  for (const [name, value] of other.variables) if (isParsedBy(name) && state.variables.get(name) !== value) return false;
  return true;
}

/** Whether a client speaks in the same character set in both, and gets its results in the same one. */
export function haveSameCharset(a: SessionState, b: SessionState): boolean {
  if (a === b) return true;
  if (!sameNames(a.names, b.names)) return false;
  for (const name of CHARSET_VARIABLES) if (a.variables.get(name) !== b.variables.get(name)) return false;
  return true;
}

function stateKey(schema: string, names: NamesSetting | null, variables: ReadonlyMap<string, string>): string {
  const sorted = [...variables].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`);
  return [schema, names === null ? '' : namesClause(names), ...sorted].join('\0');
}

export function sameState(a: SessionState, b: SessionState): boolean {
  return a === b || a.key === b.key;
}

/** What has to be sent in front of a statement to bring a connection from one state to another; null = not possible. */
export interface Restore {
  /** Schema for COM_INIT_DB, or null. */
  readonly schema: string | null;
  /** SET in front of it: its name comes in UTF-8, which is not what the connection reads; or null. `set` goes back to the session's character set. */
  readonly beforeSchema: string | null;
  /** Text of one SET statement, or null. */
  readonly set: string | null;
  /** SET ROLE, in front of both: what they need may be the role's to give; or null. */
  readonly role: string | null;
}

/**
 * `baseNames` is the character set that the connection got at its handshake. Null when the wanted session has no schema
 * and the connection has one: a server can not be told to forget it. `ignoreSpace`: the connection has CLIENT_IGNORE_SPACE. `loginRole`: the SET ROLE
 * that brings the roles of its login back; null where there are none.
 */
export function restoreBetween(
  held: SessionState,
  wanted: SessionState,
  baseNames: NamesSetting,
  ignoreSpace = false,
  loginRole: string | null = null,
): Restore | null {
  if (wanted.schema === '' && held.schema !== '') return null;
  const changesSchema = held.schema !== wanted.schema;
  const needsUtf8 = changesSchema && !ASCII.test(wanted.schema) && !UTF8.test(clientCharset(held, baseNames));
  const namesAgain = needsUtf8 || needsNames(held, wanted);
  const clauses = new Map<string, string>();
  for (const name of held.variables.keys()) {
    const isSet = wanted.variables.has(name) || wanted.variables.has(IMPLIED_BY[name] ?? name);
    if (!isSet && !CHARSET_VARIABLES.has(name) && name !== ROLE) clauses.set(name, defaultClause(name, ignoreSpace));
  }
  for (const [name, value] of wanted.variables) {
    const unchanged = held.variables.get(name) === value && !(namesAgain && CHARSET_VARIABLES.has(name));
    if (!unchanged && name !== ROLE) clauses.set(name, `SESSION ${name}=${literal(name, value, held)}`);
  }
  for (const [first, second] of SETS_ANOTHER) if (clauses.has(first)) setLast(second, clauses, wanted, held);
  const names = namesAgain ? [namesClause(wanted.names ?? baseNames)] : [];
  return {
    schema: changesSchema ? wanted.schema : null,
    beforeSchema: needsUtf8 ? 'SET character_set_client=utf8mb4' : null,
    set: names.length + clauses.size === 0 ? null : `SET ${[...names, ...clauses.values()].join(', ')}`,
    role: roleBetween(held.variables.get(ROLE), wanted.variables.get(ROLE), loginRole),
  };
}

const ASCII = /^[\0-\x7f]*$/;
const UTF8 = /^utf8/;

function clientCharset({ names, variables }: SessionState, baseNames: NamesSetting): string {
  return variables.get('character_set_client') ?? (names ?? baseNames).charset;
}

function roleBetween(held: string | undefined, wanted: string | undefined, loginRole: string | null): string | null {
  const [from, to] = [held, wanted].map((list) => (list === undefined ? loginRole : `SET ROLE ${list}`));
  return from === to ? null : (to ?? null);
}

function setLast(name: string, clauses: Map<string, string>, wanted: SessionState, held: SessionState): void {
  const value = wanted.variables.get(name);
  clauses.delete(name);
  clauses.set(name, value === undefined ? defaultClause(name, false) : `SESSION ${name}=${literal(name, value, held)}`);
}

/** What a session begins with that has CLIENT_IGNORE_SPACE; a server adds it at login only, neither for DEFAULT nor after a reset. */
export const IGNORE_SPACE_MODE = "SESSION sql_mode=CONCAT_WS(',', NULLIF(@@global.sql_mode, ''), 'IGNORE_SPACE')";

/** MySQL (seen in 9.7) sets the session's value of these to the opposite of the global one when it is told DEFAULT. */
const TURNED_BY_DEFAULT: ReadonlySet<string> = new Set(['foreign_key_checks', 'unique_checks']);

function defaultClause(name: string, ignoreSpace: boolean): string {
  // The default of the character set would bring that character set's own collation.
  if (name === 'character_set_server') return 'SESSION collation_server=DEFAULT';
  if (ignoreSpace && name === 'sql_mode') return IGNORE_SPACE_MODE;
  return `SESSION ${name}=${TURNED_BY_DEFAULT.has(name) ? `@@global.${name}` : 'DEFAULT'}`;
}

function needsNames(held: SessionState, wanted: SessionState): boolean {
  if (!sameNames(held.names, wanted.names)) return true;
  return [...held.variables.keys()].some((name) => CHARSET_VARIABLES.has(name) && !wanted.variables.has(name));
}

function sameNames(a: NamesSetting | null, b: NamesSetting | null): boolean {
  return a?.charset === b?.charset && a?.collation === b?.collation && a?.isCharacterSet === b?.isCharacterSet;
}

function namesClause(names: NamesSetting): string {
  if (names.isCharacterSet === true) return `CHARACTER SET ${names.charset}`;
  return names.collation === null ? `NAMES ${names.charset}` : `NAMES ${names.charset} COLLATE ${names.collation}`;
}

function literal(name: string, value: string, held: SessionState): string {
  if (value === '' && MAY_BE_NULL.has(name)) return 'NULL';
  // As MariaDB shows it; the text is no moment.
  if (value === 'DEFAULT' && name === 'system_versioning_asof') return value;
  if (NUMBER.test(value)) return value;
  return areLiteralsWide(held) ? `_utf8mb4'${value}'` : `'${value}'`;
}

/** Trackers report NULL as an empty text, which is no value of these. */
const MAY_BE_NULL: ReadonlySet<string> = new Set([
  'character_set_results',
  'default_tmp_storage_engine',
  'enforce_storage_engine',
  'innodb_ft_user_stopword_table',
  'innodb_tmpdir',
]);

/** Servers do not convert all values from what literals are in: no engine, time zone or switch is found by a name in utf16. */
function areLiteralsWide({ variables }: SessionState): boolean {
  return WIDE.test(variables.get('collation_connection') ?? variables.get('character_set_connection') ?? '');
}

const WIDE = /^(?:ucs2|utf16|utf32)/;

/** How many assignments apart two states are, for choosing the nearest connection; Infinity when one can not follow the other. */
export function stateDistance(held: SessionState, wanted: SessionState): number {
  if (sameState(held, wanted)) return 0;
  if (wanted.schema === '' && held.schema !== '') return Number.POSITIVE_INFINITY;
  let distance = held.schema === wanted.schema ? 0 : 1;
  if (needsNames(held, wanted)) distance += 1;
  for (const [name, value] of wanted.variables) if (held.variables.get(name) !== value) distance += 1;
  for (const name of held.variables.keys()) if (!wanted.variables.has(name)) distance += 1;
  return distance;
}

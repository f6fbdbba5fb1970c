/** How the values of a column become one of a longer time. */
export type RollUp = 'MAX' | 'AVG' | 'SUM';

/** A series: one row of numbers a time, with tables of the same columns for hours and days. */
export interface HistorySeries {
  readonly name: string;
  /** Columns behind `timestamp`, each with the function that ProxySQL rolls it up with. */
  readonly columns: Readonly<Record<string, RollUp>>;
}

/** Counters are the highest of their time, what is connected is the mean. */
export const connectionsSeries: HistorySeries = {
  name: 'mysql_connections',
  columns: {
    Client_Connections_aborted: 'MAX',
    Client_Connections_connected: 'AVG',
    Client_Connections_created: 'MAX',
    Server_Connections_aborted: 'MAX',
    Server_Connections_connected: 'AVG',
    Server_Connections_created: 'MAX',
    ConnPool_get_conn_failure: 'MAX',
    ConnPool_get_conn_immediate: 'MAX',
    ConnPool_get_conn_success: 'MAX',
    Questions: 'MAX',
    Slow_queries: 'MAX',
    GTID_consistent_queries: 'MAX',
  },
};

export const hostgroupsSeries: HistorySeries = {
  name: 'myhgm_connections',
  columns: {
    MyHGM_myconnpoll_destroy: 'MAX',
    MyHGM_myconnpoll_get: 'MAX',
    MyHGM_myconnpoll_get_ok: 'MAX',
    MyHGM_myconnpoll_push: 'MAX',
    MyHGM_myconnpoll_reset: 'MAX',
  },
};

/** Ticks of 10 ms since the start. An hour has their sum, as in ProxySQL, although they already count up. */
export const cpuSeries: HistorySeries = { name: 'system_cpu', columns: { tms_utime: 'SUM', tms_stime: 'SUM' } };

export const memorySeries: HistorySeries = {
  name: 'system_memory',
  columns: { allocated: 'AVG', resident: 'AVG', active: 'AVG', mapped: 'AVG', metadata: 'AVG', retained: 'AVG' },
};

/** weir has no query cache: the tables stay empty. */
const queryCacheSeries: HistorySeries = {
  name: 'mysql_query_cache',
  columns: {
    count_GET: 'MAX',
    count_GET_OK: 'MAX',
    count_SET: 'MAX',
    bytes_IN: 'MAX',
    bytes_OUT: 'MAX',
    Entries_Purged: 'MAX',
    Entries_In_Cache: 'AVG',
    Memory_Bytes: 'AVG',
  },
};

const SERIES: readonly HistorySeries[] = [connectionsSeries, hostgroupsSeries, cpuSeries, memorySeries, queryCacheSeries];

const DIGEST_COLUMNS = [
  ...['dump_time INT', 'hostgroup INT', 'schemaname VARCHAR NOT NULL', 'username VARCHAR NOT NULL', 'client_address VARCHAR NOT NULL'],
  ...['digest VARCHAR NOT NULL', 'digest_text VARCHAR NOT NULL'],
  ...['count_star', 'first_seen', 'last_seen', 'sum_time', 'min_time', 'max_time', 'sum_rows_affected', 'sum_rows_sent'].map(
    (name) => `${name} INTEGER NOT NULL`,
  ),
];

const POOL_COLUMNS = [
  ...['timestamp INT NOT NULL', 'hostgroup INT', 'srv_host VARCHAR', 'srv_port INT', 'status VARCHAR', 'ConnUsed INT', 'ConnFree INT'],
  ...['ConnOK INT', 'ConnERR INT', 'MaxConnUsed INT', 'Queries INT', 'Queries_GTID_sync INT', 'Bytes_data_sent INT'],
  ...['Bytes_data_recv INT', 'Latency_us INT', 'PRIMARY KEY (timestamp, hostgroup, srv_host, srv_port)'],
];

/** Names and columns of all tables of schema stats_history. */
const TABLES: readonly (readonly [name: string, columns: readonly string[]])[] = [
  ...SERIES.flatMap((series) => ['', '_hour', '_day'].map((suffix) => [`${series.name}${suffix}`, columnsOf(series)] as const)),
  [
    'history_mysql_status_variables',
    ['timestamp INT NOT NULL', 'variable_id INT NOT NULL', 'variable_value VARCHAR NOT NULL', 'PRIMARY KEY (timestamp, variable_id)'],
  ],
  [
    'history_mysql_status_variables_lookup',
    ['variable_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL', 'variable_name VARCHAR NOT NULL', 'UNIQUE (variable_name)'],
  ],
  ['history_stats_mysql_connection_pool', POOL_COLUMNS],
  ['history_mysql_query_digest', DIGEST_COLUMNS],
];

const INDEXES: readonly (readonly [name: string, on: string])[] = [
  ['idx_history_mysql_query_digest_first_seen', 'history_mysql_query_digest (first_seen)'],
  ['idx_history_mysql_query_digest_dump_time', 'history_mysql_query_digest (dump_time)'],
  ['idx_history_mysql_status_variable_id_timestamp', 'history_mysql_status_variables (variable_id, timestamp)'],
];

export const historyTableNames: readonly string[] = TABLES.map(([name]) => name);

/** Statements that make the tables in schema stats_history. */
export const createHistorySql: readonly string[] = [
  ...TABLES.map(([name, columns]) => `CREATE TABLE stats_history.${name} (${columns.join(', ')})`),
  ...INDEXES.map(([name, on]) => `CREATE INDEX stats_history.${name} ON ${on}`),
];

function columnsOf({ columns }: HistorySeries): string[] {
  return ['timestamp INT NOT NULL', ...Object.keys(columns).map((name) => `${name} INT NOT NULL`), 'PRIMARY KEY (timestamp)'];
}

/** A value of a setting in a proxysql.cnf. */
export type SettingValue = string | number | boolean;
export type Settings = Readonly<Record<string, SettingValue>>;

/** What a test says about the weir that it wants; each list is one table of the configuration file. */
export interface WeirDescription {
  readonly servers: readonly WeirServer[];
  readonly users: readonly WeirUser[];
  readonly pairs: readonly WeirPair[];
  /** Rows of mysql_query_rules under their column names. */
  readonly rules: readonly Settings[];
  /** Names without the `mysql-` prefix. */
  readonly mysqlVariables: Settings;
  /** Names without the `admin-` prefix. */
  readonly adminVariables: Settings;
  /** Appended to the file as it stands. */
  readonly extraText: string;
}

export interface WeirServer {
  /** Host name, or with port 0 the path of a Unix socket. */
  readonly address: string;
  readonly port: number;
  readonly hostgroup: number;
  /** Further columns of mysql_servers: weight, max_connections, status, … */
  readonly more?: Settings;
}

export interface WeirUser {
  readonly username: string;
  readonly password: string;
  readonly hostgroup: number;
  /** Further columns of mysql_users: default_schema, transaction_persistent, … */
  readonly more?: Settings;
}

export interface WeirPair {
  readonly writer: number;
  readonly reader: number;
  /** Default read_only. */
  readonly checkType?: string;
}

/** The description as the text of a proxysql.cnf (libconfig syntax). */
export function renderConfig(datadir: string, description: WeirDescription): string {
  const servers = description.servers.map((server) => ({
    address: server.address,
    port: server.port,
    hostgroup: server.hostgroup,
    ...server.more,
  }));
  const users = description.users.map((user) => ({
    username: user.username,
    password: user.password,
    default_hostgroup: user.hostgroup,
    ...user.more,
  }));
  const pairs = description.pairs.map((pair) => ({
    writer_hostgroup: pair.writer,
    reader_hostgroup: pair.reader,
    check_type: pair.checkType ?? 'read_only',
  }));
  return [
    `datadir=${renderValue(datadir)}`,
    `admin_variables=${renderGroup(description.adminVariables)}`,
    `mysql_variables=${renderGroup(description.mysqlVariables)}`,
    `mysql_servers=${renderList(servers)}`,
    `mysql_users=${renderList(users)}`,
    `mysql_replication_hostgroups=${renderList(pairs)}`,
    `mysql_query_rules=${renderList(description.rules)}`,
    description.extraText,
    '',
  ].join('\n');
}

function renderList(rows: readonly Settings[]): string {
  return `(\n${rows.map(renderGroup).join(',\n')}\n)`;
}

function renderGroup(settings: Settings): string {
  const lines = Object.entries(settings).map(([name, value]) => `  ${name}=${renderValue(value)};`);
  return ['{', ...lines, '}'].join('\n');
}

function renderValue(value: SettingValue): string {
  if (typeof value !== 'string') return String(value);
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

import type { Flavour } from './flavour.js';

/** An account that every test server has, from any host. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

export const ROOT: Account = { username: 'root', password: 'root' };
/** What weir's monitor logs in with: may see replication status and nothing else. */
export const MONITOR: Account = { username: 'monitor', password: 'monitor' };
/** The application: everything on the schemas of APP_SCHEMAS and on schemas whose name starts with `app_`. */
export const APP: Account = { username: 'app', password: 'app' };
const REPLICATION: Account = { username: 'repl', password: 'repl' };
export const REPLICATION_ACCOUNT = REPLICATION;

/** Schemas that exist, empty, on every test server: `app` for tests, `sbtest` for sysbench. */
export const APP_SCHEMAS = ['app', 'sbtest'] as const;

/** Statements that make the accounts and schemas; run while the datadir is made, before there is a binary log. One statement a line. */
export function accountStatements(flavour: Flavour): string[] {
  const accounts = [ROOT, MONITOR, APP, REPLICATION].map((account) => createAccount(flavour, account));
  return [
    ...APP_SCHEMAS.map((schema) => `CREATE DATABASE ${schema}`),
    // mariadb-install-db also makes a root without password for 127.0.0.1, which would win over 'root'@'%'.
    ...(flavour === 'mariadb' ? ["DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost'", 'FLUSH PRIVILEGES'] : []),
    ...accounts,
    `ALTER USER 'root'@'localhost' IDENTIFIED ${withPassword(flavour, ROOT.password)}`,
    `GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION`,
    // MariaDB 10.5 split SUPER and REPLICATION CLIENT: the replica's status has its own privilege there.
    `GRANT REPLICATION CLIENT${flavour === 'mariadb' ? ', SLAVE MONITOR' : ''} ON *.* TO 'monitor'@'%'`,
    `GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%'`,
    ...APP_SCHEMAS.map((schema) => `GRANT ALL PRIVILEGES ON ${schema}.* TO 'app'@'%'`),
    "GRANT ALL PRIVILEGES ON `app\\_%`.* TO 'app'@'%'",
    // FLUSH TABLES … WITH READ LOCK needs RELOAD; the full process list needs PROCESS.
    "GRANT PROCESS, RELOAD ON *.* TO 'app'@'%'",
  ];
}

/** CREATE USER in the plugin that applications of this flavour mostly use. */
export function createAccount(flavour: Flavour, account: Account): string {
  return `CREATE USER '${account.username}'@'%' IDENTIFIED ${withPassword(flavour, account.password)}`;
}

/** ALTER USER to the account's password. */
export function alterPassword(flavour: Flavour, account: Account): string {
  return `ALTER USER '${account.username}'@'%' IDENTIFIED ${withPassword(flavour, account.password)}`;
}

function withPassword(flavour: Flavour, password: string): string {
  const quoted = `'${password.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return flavour === 'mariadb' ? `VIA mysql_native_password USING PASSWORD(${quoted})` : `WITH caching_sha2_password BY ${quoted}`;
}

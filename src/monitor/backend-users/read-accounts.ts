import { MonitorConnection, type MonitorLogin, type MonitorTarget } from '../monitor-connection.js';
import { withinTime } from '../monitor-connections.js';
import { accountOfGlobalPrivRow, accountOfUserRow, type ServerAccount } from './account-row.js';

/** Reads the user table of a server; rejects with the server's or the connection's error. */
export type AccountReader = (target: MonitorTarget, login: MonitorLogin, timeoutMs: number) => Promise<ServerAccount[]>;

const NO_SUCH_TABLE = 1146;

/** On a connection of its own, closed at the end. */
export const readAccounts: AccountReader = async (target, login, timeoutMs) => {
  const connection = new MonitorConnection(target, login);
  try {
    return await withinTime(timeoutMs, queryAccounts(connection));
  } finally {
    connection.destroy();
  }
};

async function queryAccounts(connection: MonitorConnection): Promise<ServerAccount[]> {
  const [greeting] = await connection.query('SELECT VERSION() AS version');
  const isMariadb = /mariadb/i.test(String(greeting?.['version']));
  const rows = isMariadb ? await globalPrivRows(connection) : null;
  const accounts = rows?.map(accountOfGlobalPrivRow) ?? (await userRows(connection)).map(accountOfUserRow);
  return accounts.filter((account) => account !== null);
}

/** Null for a server before MariaDB 10.4, which has mysql.user only. */
async function globalPrivRows(connection: MonitorConnection) {
  try {
    return await connection.query('SELECT Host, User, Priv FROM mysql.global_priv');
  } catch (error) {
    if ((error as { errno?: number }).errno === NO_SUCH_TABLE) return null;
    throw error;
  }
}

function userRows(connection: MonitorConnection) {
  return connection.query('SELECT u.*, HEX(u.authentication_string) AS authentication_hex FROM mysql.user u');
}

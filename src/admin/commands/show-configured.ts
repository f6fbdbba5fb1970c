import type { TextValue } from '../../protocol/packets/text-row.js';
import { type AdminCommand, adminsOnly } from '../command.js';
import { rows } from '../reply.js';

/** Each list that SHOW knows, and the statement that it stands for. */
const LISTS: Readonly<Record<string, string>> = {
  'MYSQL USERS': 'SELECT * FROM main.mysql_users ORDER BY username, active DESC, backend',
  'MYSQL SERVERS': 'SELECT * FROM main.mysql_servers ORDER BY hostgroup_id, hostname, port',
  'MYSQL QUERY RULES': 'SELECT * FROM main.mysql_query_rules ORDER BY rule_id',
  'MYSQL REPLICATION HOSTGROUPS': 'SELECT * FROM main.mysql_replication_hostgroups ORDER BY writer_hostgroup',
  SCHEDULER: 'SELECT * FROM main.scheduler ORDER BY id',
};

/** SHOW MYSQL USERS, SHOW MYSQL SERVERS and the like: what memory has. */
export const showConfigured: AdminCommand = {
  pattern: new RegExp(`^SHOW (${Object.keys(LISTS).join('|')})$`),
  matches: 'upper',
  roles: adminsOnly,
  changes: false,
  run([, list], { store }) {
    const statement = store.database.prepare<[], TextValue[]>(LISTS[list!]!);
    return rows(
      statement.columns().map((column) => column.name),
      statement.raw(true).all(),
    );
  },
};

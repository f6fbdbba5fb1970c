import { commentColumn, defineTable, flagColumn, integerColumn, jsonColumn, textColumn } from '../table-types.js';

export const mysqlUsers = defineTable({
  name: 'mysql_users',
  module: 'MYSQL USERS',
  implemented: true,
  doc: 'The accounts that clients log in with and that weir logs in to servers with.',
  keptColumns: ['schema_locked', 'fast_forward'],
  columns: [
    textColumn('username'),
    textColumn('password', { nullable: true }),
    flagColumn('active', { default: 1 }),
    flagColumn('use_ssl', { default: 0 }),
    // ProxySQL has no CHECK here; a number below 0 is refused when the row is used.
    integerColumn('default_hostgroup', { default: 0, min: 0 }),
    textColumn('default_schema', { nullable: true }),
    flagColumn('schema_locked', { default: 0 }),
    flagColumn('transaction_persistent', { default: 1 }),
    flagColumn('fast_forward', { default: 0 }),
    flagColumn('backend', { default: 1 }),
    flagColumn('frontend', { default: 1 }),
    integerColumn('max_connections', { default: 10_000, min: 0, check: 'max_connections >=0' }),
    jsonColumn('attributes'),
    commentColumn,
  ],
  primaryKey: ['username', 'backend'],
  uniqueKeys: [['username', 'frontend']],
});

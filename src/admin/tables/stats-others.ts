import { textValue } from '../../config/variables.js';
import { virtualTable } from './virtual-table.js';

/** GTIDs of servers; empty, since weir reads none. */
export const statsGtidExecuted = virtualTable(
  'stats',
  'stats_mysql_gtid_executed',
  ['hostname VARCHAR NOT NULL, port INT NOT NULL DEFAULT 3306, gtid_executed VARCHAR, events INT NOT NULL'],
  () => [],
);

/** For tools that look for it in this schema: what a statistics account may know of the variables. */
export const statsGlobalVariables = virtualTable(
  'stats',
  'global_variables',
  ['variable_name VARCHAR NOT NULL PRIMARY KEY, variable_value VARCHAR NOT NULL'],
  ({ control, runtime }) => [
    ['admin-version', control.version],
    ['mysql-max_allowed_packet', textValue(runtime.variables, 'mysql-max_allowed_packet')],
    ['mysql-server_version', textValue(runtime.variables, 'mysql-server_version')],
  ],
);

import { configModules } from '../config/table-types.js';

/** First words of SQL that SQLite executes. */
export const SQL_VERBS: readonly string[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'WITH', 'VALUES', 'PRAGMA', 'EXPLAIN'];

const MOVES = [
  'LOAD x TO RUNTIME',
  'LOAD x FROM DISK',
  'LOAD x TO MEMORY',
  'LOAD x FROM CONFIG',
  'SAVE x TO DISK',
  'SAVE x TO MEMORY',
  'SAVE x FROM RUNTIME',
];
const CONTROL = [
  ...['START', 'STOP', 'RESTART', 'PAUSE', 'RESUME', 'SHUTDOWN', 'SHUTDOWN SLOW', 'KILL', 'READONLY', 'READWRITE', 'RELOAD TLS'],
  ...['FLUSH LOGS', 'FLUSH QUERY CACHE', 'FLUSH CONFIGDB', 'FLUSH MYSQL CLIENT HOSTS'],
];

/** Commands as an operator types them: for suggestions. */
export const STATEMENT_FORMS: readonly string[] = [
  ...configModules.flatMap((module) => MOVES.map((move) => move.replace('x', module))),
  ...CONTROL.flatMap((action) => [`PROXYSQL ${action}`, `WEIR ${action}`]),
  ...[
    'SHOW DATABASES',
    'SHOW TABLES',
    'SHOW TABLES FROM',
    'SHOW CREATE TABLE',
    'SHOW COLUMNS FROM',
    'SHOW PROCESSLIST',
    'SHOW FULL PROCESSLIST',
  ],
  ...['SHOW VARIABLES', 'SHOW GLOBAL VARIABLES', 'SHOW MYSQL VARIABLES', 'SHOW ADMIN VARIABLES', 'SHOW MYSQL STATUS', 'SHOW STATUS'],
  ...[
    'SHOW MYSQL USERS',
    'SHOW MYSQL SERVERS',
    'SHOW MYSQL QUERY RULES',
    'SHOW WARNINGS',
    'SHOW CHARSET',
    'SHOW COLLATION',
    'SHOW ENGINES',
  ],
  ...['SHOW PROMETHEUS METRICS', 'EXPLAIN ROUTE', 'KILL CONNECTION', 'KILL QUERY', 'SELECT CONFIG FILE', 'SELECT CONFIG INTO OUTFILE'],
  ...[
    'SAVE CONFIG TO FILE',
    'SAVE MYSQL DIGEST TO DISK',
    'CHECKSUM MYSQL SERVERS',
    'SELECT GLOBAL_CHECKSUM()',
    'DESCRIBE',
    'TRUNCATE TABLE',
  ],
];

import type { Theme } from './theme.js';

/** How the statement before went. */
export const diagnosing: Theme = {
  name: 'diagnosing',
  weight: 14,
  statements: [
    { sql: 'SELECT LAST_INSERT_ID()', weight: 3 },
    'SELECT @@last_insert_id, @@identity',
    'SELECT LAST_INSERT_ID({1..50})',
    'SELECT last_insert_id( ) AS x, 1',
    'SELECT /* c */ LAST_INSERT_ID /* d */ () + 1',
    { sql: 'SELECT ROW_COUNT()', weight: 3 },
    { sql: 'SELECT FOUND_ROWS()', weight: 3 },
    'SELECT FOUND_ROWS(), ROW_COUNT(), LAST_INSERT_ID()',
    { sql: 'SHOW WARNINGS', weight: 3 },
    'SHOW WARNINGS LIMIT 1',
    'SHOW ERRORS',
    'SHOW COUNT(*) WARNINGS',
    'SHOW COUNT(*) ERRORS',
    'SELECT @@warning_count, @@error_count',
    "SELECT CAST('abc' AS SIGNED)",
    "SELECT CAST('12x' AS DECIMAL(4,1)), CAST({text} AS UNSIGNED)",
    'SELECT SQL_CALC_FOUND_ROWS n FROM {number} ORDER BY n LIMIT {1..2}',
    'DROP TABLE IF EXISTS missing, absent',
    "SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'own warning'",
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'own error'",
    'DO {int}',
    "DO CAST('x' AS SIGNED)",
  ],
};

import type { Theme } from './theme.js';

/** Executed by the binary protocol. */
export const preparing: Theme = {
  name: 'preparing',
  weight: 12,
  statements: [
    { sql: 'SELECT ?, ?', values: ['int', 'text'] },
    { sql: 'SELECT n, word, amount, made FROM {number} WHERE n = ?', values: ['int'] },
    { sql: 'INSERT INTO {own} (a, b) VALUES (?, ?)', values: ['int', 'text'] },
    { sql: 'UPDATE {own} SET b = ? WHERE id = ?', values: ['text', 'int'] },
    { sql: 'SELECT * FROM {own} WHERE id <= ? ORDER BY id', values: ['int'] },
    { sql: 'SELECT LAST_INSERT_ID(), ROW_COUNT()', values: [] },
    { sql: 'SELECT @@sql_mode, @@time_zone, DATABASE()', values: [] },
    { sql: 'SELECT CAST(? AS SIGNED)', values: ['text'] },
    { sql: 'SHOW WARNINGS', values: [] },
    { sql: 'SHOW TABLES LIKE ?', values: ['text'] },
    { sql: 'SET sql_select_limit = ?', values: ['int'], holds: 'session' },
    { sql: 'SELECT "word" FROM {number}', values: [] },
    { sql: 'DO ?', values: ['int'] },
    { sql: 'SELECT * FROM missing WHERE a = ?', values: ['int'] },
    { sql: 'SELEC ?', values: ['int'] },
    { sql: 'BEGIN', values: [], holds: 'transaction' },
    { sql: 'COMMIT', values: [] },
    { sql: 'SELECT HEX(?)', values: ['text'] },
  ],
};

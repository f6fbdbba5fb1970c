import type { Words } from './theme.js';

/** Words of more than one theme. */
export const words: Words = {
  int: ['0', '1', '2', '3', '4', '7', '-1', '100'],
  text: ["'a'", "'x'", "''", "'größe'", "'it''s'", "'back\\\\slash'", "'b'"],
  value: ['{int}', '{text}', 'NULL', '1.5', "x'00ff'", '2e3'],
  number: ['constants.numbers'],
  own: ['t1', 't2', 't2', '$S.t1', 't3'],
  ownKept: ['t1', 't2'],
  temporary: ['tt1', 'tt2'],
  userVariable: ['@a', '@b', '@`c d`'],
  constantRead: [
    'SELECT n, word FROM {number} ORDER BY n LIMIT {1..3}',
    'SELECT COUNT(*) FROM {number} WHERE n > {int}',
    'SELECT word FROM {number} WHERE n = {int}',
    'SELECT MAX(made), MIN(amount) FROM {number}',
  ],
};

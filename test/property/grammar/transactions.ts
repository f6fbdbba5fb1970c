import type { Theme } from './theme.js';

export const transactions: Theme = {
  name: 'transactions',
  weight: 8,
  statements: [
    { sql: '{begin}', weight: 4, holds: 'transaction' },
    { sql: 'START TRANSACTION {characteristics}', weight: 2, holds: 'transaction' },
    { sql: 'COMMIT AND CHAIN', holds: 'transaction' },
    { sql: 'ROLLBACK AND CHAIN', holds: 'transaction' },
    { sql: 'COMMIT', ends: 'transaction' },
    { sql: 'ROLLBACK', ends: 'transaction' },
    'SAVEPOINT {savepoint}',
    'ROLLBACK TO SAVEPOINT {savepoint}',
    'RELEASE SAVEPOINT {savepoint}',
    { sql: 'SET autocommit = 0', holds: 'autocommit' },
    { sql: 'SET @@autocommit = OFF', holds: 'autocommit' },
    { sql: 'SET autocommit = 1', ends: 'autocommit' },
    { sql: 'SET SESSION TRANSACTION {isolation}', weight: 1 },
    { sql: 'SET TRANSACTION {isolation}', holds: 'session' },
    { sql: 'SET TRANSACTION READ ONLY', holds: 'session' },
  ],
  words: {
    begin: ['BEGIN', 'START TRANSACTION', 'begin work', 'BEGIN /* c */'],
    characteristics: ['READ ONLY', 'READ WRITE', 'WITH CONSISTENT SNAPSHOT', 'WITH CONSISTENT SNAPSHOT, READ ONLY'],
    isolation: ['ISOLATION LEVEL READ COMMITTED', 'ISOLATION LEVEL REPEATABLE READ', 'ISOLATION LEVEL SERIALIZABLE', 'READ WRITE'],
    savepoint: ['s1', 's2'],
  },
};

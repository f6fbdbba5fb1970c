import type { Theme } from './theme.js';

/** KILL of oneself and of nobody; sessions that kill each other are a step of their own. */
export const killing: Theme = {
  name: 'killing',
  weight: 1,
  statements: [
    'KILL QUERY $ID',
    'KILL QUERY CONNECTION_ID()',
    'KILL 4294967001',
    'KILL QUERY 4294967002',
    "KILL CONNECTION '4294967003'",
    'KILL -1',
    { sql: 'KILL QUERY CONNECTION_ID()', values: [] },
  ],
};

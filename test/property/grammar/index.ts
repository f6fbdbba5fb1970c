import { data } from './data.js';
import { diagnosing } from './diagnosing.js';
import { killing } from './killing.js';
import { multibyte } from './multibyte.js';
import { pinning } from './pinning.js';
import { preparing } from './preparing.js';
import { reading } from './reading.js';
import { structure } from './structure.js';
import type { Theme } from './theme.js';
import { transactions } from './transactions.js';
import { variables } from './variables.js';

/** All that sessions may say. */
export const THEMES: readonly Theme[] = [
  ...[reading, variables, data, diagnosing, transactions, pinning, structure, preparing],
  ...[multibyte, killing],
];
export { words } from './words.js';

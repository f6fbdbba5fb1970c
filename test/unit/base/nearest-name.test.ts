import { expect, it } from 'vitest';
import { nearestName } from '../../../src/base/nearest-name.js';

const NAMES = ['mysql_servers', 'mysql_users', 'mysql_query_rules', 'app'];

it.each([
  ['mysql_server', 'mysql_servers'],
  ['MYSQL_USRES', 'mysql_users'],
  ['mysql_query_rule', 'mysql_query_rules'],
  ['ap', 'app'],
  ['apple_trees', null],
  ['x', null],
])('%s is like %s', (name, expected) => {
  expect(nearestName(name, NAMES)).toBe(expected);
});

it('takes nothing where there is nothing', () => {
  expect(nearestName('app', [])).toBeNull();
});

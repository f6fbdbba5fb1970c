import { expect, it } from 'vitest';
import { LogLimit } from '../../../src/base/log-limit.js';

it('lets some lines of an interval through and counts the others', () => {
  let now = 0;
  const limit = new LogLimit(2, 1_000, () => now);
  expect([limit.pass(), limit.pass(), limit.pass(), limit.pass()]).toEqual([0, 0, null, null]);
  now = 999;
  expect(limit.pass()).toBeNull();
  now = 1_000;
  expect([limit.pass(), limit.pass(), limit.pass()]).toEqual([3, 0, null]);
});

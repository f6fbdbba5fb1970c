import { expect, it } from 'vitest';
import { exceededLimit, type TimedSession, tellsIdleClients } from '../../../src/session/session-limits.js';

const NOW = 1_000_000;
const LIMITS = { waitTimeoutMs: 8000, maxTransactionTimeMs: 5000, maxTransactionIdleTimeMs: 3000 };

const idleFor = (ms: number, more: Partial<TimedSession> = {}): TimedSession => ({
  activeSinceMs: NOW - ms,
  isIdle: true,
  inTransaction: false,
  transactionSinceMs: 0,
  variables: new Map(),
  ...more,
});
const openFor = (ms: number, more: Partial<TimedSession> = {}): TimedSession =>
  idleFor(0, { inTransaction: true, transactionSinceMs: NOW - ms, ...more });
const having = (seconds: string): Partial<TimedSession> => ({ variables: new Map([['wait_timeout', seconds]]) });

it.each<readonly [string, TimedSession, number | null]>([
  ['an idle client', idleFor(8001), 8000],
  ['one that is not idle for long enough', idleFor(8000), null],
  ['one that waits for a reply', idleFor(9000, { isIdle: false }), null],
  ['a wait_timeout of its own', idleFor(2001, having('2')), 2000],
  ['a longer one of its own', idleFor(8001, having('9')), 8000],
  ['one that is not over', idleFor(1999, having('2')), null],
  ['an idle transaction', openFor(3500, { activeSinceMs: NOW - 3001 }), 3000],
  ['a long transaction', openFor(5001), 5000],
  ['one in which a statement runs', openFor(5001, { isIdle: false, activeSinceMs: NOW - 4000 }), 5000],
  ['one that is not open for long enough', openFor(4999), null],
  ['a transaction that has ended', openFor(5001, { inTransaction: false }), null],
  ['an idle transaction behind a wait_timeout of its own', openFor(100, { activeSinceMs: NOW - 2001, ...having('2') }), 2000],
])('%s', (_, session, limitMs) => expect(exceededLimit(session, LIMITS, NOW)?.limitMs ?? null).toBe(limitMs));

it('takes 0 for no limit', () => {
  const none = { waitTimeoutMs: 0, maxTransactionTimeMs: 0, maxTransactionIdleTimeMs: 0 };
  expect(exceededLimit(openFor(NOW, { activeSinceMs: 0 }), none, NOW)).toBeNull();
  expect(exceededLimit(idleFor(2001, having('2')), none, NOW)?.limitMs).toBe(2000);
});

it('names the variable', () => {
  expect(exceededLimit(openFor(5001), LIMITS, NOW)?.error).toMatchObject({
    errno: 9108,
    message: expect.stringContaining('mysql-max_transaction_time is 5000 ms'),
  });
  expect(exceededLimit(idleFor(8001), LIMITS, NOW)?.error.errno).toBe(4031);
});

it.each<readonly [boolean, 'mysql' | 'mariadb', string]>([
  [true, 'mysql', '8.0.24'],
  [true, 'mysql', '8.0.36-28'],
  [true, 'mysql', '8.4.3'],
  [true, 'mysql', '9.7.0'],
  [false, 'mysql', '8.0.23-log'],
  [false, 'mysql', '5.7.44'],
  [false, 'mariadb', '11.4.2-MariaDB-log'],
  [false, 'mysql', 'own'],
])('tells idle clients (%s): %s %s', (expected, flavour, version) => {
  const identity = { flavour, version, capabilities: 0, mariadbCapabilities: 0, collation: 45, authPlugin: 'mysql_native_password' };
  expect(tellsIdleClients(identity)).toBe(expected);
});

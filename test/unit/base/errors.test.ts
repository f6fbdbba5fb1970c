import { describe, expect, test } from 'vitest';
import { type ErrorName, errorCatalogue, maxMessageBytes, WeirError, weirError } from '../../../src/base/errors.js';

describe('error catalogue', () => {
  test('every entry has a number, a five-character state and a text', () => {
    for (const [name, entry] of Object.entries(errorCatalogue)) {
      expect(entry.errno, name).toBeGreaterThan(1000);
      expect(entry.sqlState, name).toMatch(/^[0-9A-Z]{5}$/);
      expect(entry.text, name).not.toBe('');
    }
  });

  test('no number has two names', () => {
    const numbers = Object.values(errorCatalogue).map((entry) => entry.errno);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test.each([
    ['tooManyConnections', 1040, '08004'],
    ['accessDenied', 1045, '28000'],
    ['unknownCommand', 1047, '08S01'],
    ['packetTooLarge', 1153, '08S01'],
    ['userLimitReached', 1226, '42000'],
    ['unknownStatement', 1243, 'HY000'],
    ['queryTimeout', 1907, '70100'],
    ['malformedPacket', 1835, 'HY000'],
    ['lostConnection', 2013, 'HY000'],
    ['connectTimeoutMax', 9001, 'HY000'],
  ] satisfies [ErrorName, number, string][])('%s is %i (%s)', (name, errno, sqlState) => {
    expect(errorCatalogue[name]).toMatchObject({ errno, sqlState });
  });
});

describe('weirError', () => {
  test('fills placeholders', () => {
    const error = weirError('accessDenied', { user: 'app', host: '10.0.0.1', usingPassword: 'YES' });
    expect(error).toBeInstanceOf(WeirError);
    expect(error.message).toBe("Access denied for user 'app'@'10.0.0.1' (using password: YES)");
    expect([error.errno, error.sqlState, error.kind, error.retryable]).toEqual([1045, '28000', 'client', false]);
  });

  test('values are not read as placeholders or replacement patterns', () => {
    expect(weirError('accessDenied', { user: '{host}$&$1', host: 'h', usingPassword: 'NO' }).message).toBe(
      "Access denied for user '{host}$&$1'@'h' (using password: NO)",
    );
  });

  test('appends the detail and keeps the cause', () => {
    const cause = new Error('connect ECONNREFUSED');
    const error = weirError('connectTimeoutMax', { hostgroup: 2, waitedMs: 10000 }, { detail: 'no server online', cause });
    expect(error.message).toBe('Max connect timeout reached while reaching hostgroup 2 after 10000ms: no server online');
    expect(error.cause).toBe(cause);
  });

  test('cuts long messages between characters', () => {
    const error = weirError('tooManyConnections', {}, { detail: 'ä'.repeat(1000) });
    expect(Buffer.byteLength(error.message)).toBeLessThanOrEqual(maxMessageBytes);
    expect(error.message.endsWith('ä…')).toBe(true);
  });

  test('the compiler asks for the values', () => {
    // @ts-expect-error `host` and `usingPassword` are missing
    weirError('accessDenied', { user: 'a' });
    weirError('tooManyConnections');
  });
});

import { describe, expect, it } from 'vitest';
import { descriptorLimit, descriptorShortage, exhaustionOf } from '../../../src/base/descriptors.js';

describe('descriptorLimit', () => {
  it('keeps a tenth for what is not a client, at least 16 and at most 1,024', () => {
    expect(descriptorLimit(64)).toEqual({ limit: 64, firstReserved: 48, lastResort: 56 });
    expect(descriptorLimit(1_024)).toEqual({ limit: 1_024, firstReserved: 922, lastResort: 1_016 });
    expect(descriptorLimit(1_048_576)).toEqual({ limit: 1_048_576, firstReserved: 1_047_552, lastResort: 1_048_568 });
    expect(descriptorLimit(10).firstReserved).toBe(1);
  });

  it('reads the limit of this process', () => {
    const { limit, firstReserved } = descriptorLimit();
    expect(limit).toBeGreaterThan(16);
    expect(firstReserved).toBeLessThanOrEqual(limit);
  });

  it('has no bound where there is no limit', () => {
    expect(descriptorLimit(Number.POSITIVE_INFINITY).firstReserved).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('descriptorShortage', () => {
  const need = { workers: 2, clients: 10_000, serverConnections: 300 };

  it('is null where the limit suffices', () => {
    expect(descriptorShortage(need, descriptorLimit(5_190))).toBeNull();
    expect(descriptorShortage(need, descriptorLimit(Number.POSITIVE_INFINITY))).toBeNull();
  });

  it('says how many clients are possible and what is needed', () => {
    expect(descriptorShortage(need, descriptorLimit(1_024))).toBe(
      'each of 2 workers may open 1024 files (ulimit -n), which is not enough for mysql-max_connections = 10000 and ' +
        '300 connections to servers: from about 1668 clients on, more are refused with error 1040; needed: 5190',
    );
  });
});

describe('exhaustionOf', () => {
  const failure = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

  it.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'])('knows %s, also as a cause', (code) => {
    expect(exhaustionOf(failure(code))).toBe(code);
    expect(exhaustionOf(new Error('no connection', { cause: failure(code) }))).toBe(code);
  });

  it('leaves what servers do to servers', () => {
    for (const error of [failure('ECONNREFUSED'), failure('ETIMEDOUT'), new Error('x', { cause: failure('ECONNRESET') }), null, 'EMFILE'])
      expect(exhaustionOf(error)).toBeNull();
  });

  it('is asked for behind a name that can not be looked up', () => {
    const lookUp = Object.assign(failure('ENOTFOUND'), { syscall: 'getaddrinfo' });
    expect(exhaustionOf(new Error('no connection', { cause: lookUp }), () => 'EMFILE')).toBe('EMFILE');
    expect(exhaustionOf(lookUp, () => null)).toBeNull();
    expect(exhaustionOf(lookUp)).toBeNull();
  });
});

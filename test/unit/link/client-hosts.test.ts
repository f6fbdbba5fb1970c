import { describe, expect, it } from 'vitest';
import { ClientHosts } from '../../../src/link/client-hosts.js';

function hostsWith(cacheSize: number, errorCounts: number) {
  const told: (readonly string[])[] = [];
  let now = 100;
  const hosts = new ClientHosts(
    (addresses) => told.push(addresses),
    () => now++,
  );
  hosts.setLimits({ cacheSize, errorCounts });
  return { hosts, told };
}

describe('client hosts', () => {
  it('blocks at the limit, and a login that succeeds clears the address', () => {
    const { hosts, told } = hostsWith(10, 2);
    hosts.onLogin('10.0.0.1', true);
    expect(told).toEqual([]);
    hosts.onLogin('10.0.0.1', true);
    expect(told).toEqual([['10.0.0.1']]);
    expect(hosts.list()).toEqual([{ address: '10.0.0.1', errors: 2, lastUpdatedSec: 101 }]);
    hosts.onLogin('10.0.0.1', false);
    expect([told.at(-1), hosts.list()]).toEqual([[], []]);
  });

  it('keeps the newest when it is full or made smaller', () => {
    const { hosts } = hostsWith(2, 0);
    for (const address of ['a', 'b', 'a', 'c']) hosts.onLogin(address, true);
    expect(hosts.list().map(({ address, errors }) => [address, errors])).toEqual([
      ['a', 2],
      ['c', 1],
    ]);
    hosts.setLimits({ cacheSize: 1, errorCounts: 0 });
    expect(hosts.list().map(({ address }) => address)).toEqual(['c']);
  });

  it('follows changed limits, and forgets all on flush', () => {
    const { hosts, told } = hostsWith(2, 0);
    hosts.onLogin('a', true);
    hosts.setLimits({ cacheSize: 2, errorCounts: 1 });
    expect(told).toEqual([['a']]);
    hosts.flush();
    expect([told.at(-1), hosts.list()]).toEqual([[], []]);
  });

  it('keeps nothing while it is switched off', () => {
    const { hosts, told } = hostsWith(0, 1);
    hosts.onLogin('a', true);
    expect([hosts.list(), told.flat()]).toEqual([[], []]);
  });
});

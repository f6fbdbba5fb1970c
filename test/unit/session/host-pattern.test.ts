import { describe, expect, it } from 'vitest';
import { compareHosts, hostMatcher, hostNamesOf } from '../../../src/session/login/host-pattern.js';

const fits = (host: string, address: string): boolean => hostNamesOf(address).some(hostMatcher(host));

describe('host parts of accounts', () => {
  it.each([
    ['%', '10.1.2.3', true],
    ['', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '::ffff:10.1.2.3', true],
    ['10.1.2.3', '10.1.2.30', false],
    ['10.1.2.%', '10.1.2.3', true],
    ['10.1.2.%', '10.1.20.3', false],
    ['10.1.2._', '10.1.2.3', true],
    ['10.1.2._', '10.1.2.33', false],
    ['10.1.2.\\_', '10.1.2.3', false],
    ['10_1_2_3', '10.1.2.3', true],
    ['10.1.2.0/255.255.255.0', '10.1.2.77', true],
    ['10.1.2.0/255.255.255.0', '10.1.3.77', false],
    ['10.1.0.0/16', '10.1.200.7', true],
    ['10.1.0.0/23', '10.1.2.1', false],
    ['10.1.0.0/33', '10.1.0.1', false],
    ['0.0.0.0/0', '10.1.0.1', true],
    ['2001:db8::/32', '2001:db8:1::5', true],
    ['2001:db8::/32', '2001:db9::5', false],
    ['2001:DB8::5', '2001:db8:0:0::5', true],
    ['localhost', '', true],
    ['localhost', '127.0.0.1', true],
    ['localhost', '::1', true],
    ['localhost', '10.0.0.1', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '', false],
    ['%', '', true],
    ['db%.example.com', '10.0.0.1', false],
    ['10.1.2.[0-9]', '10.1.2.3', false],
  ])('%s and %s: %s', (host, address, expected) => {
    expect(fits(host, address)).toBe(expected);
  });

  it('sorts the more specific first', () => {
    const hosts = ['', '%', '10.%', '10.1.%', '10.0.0.0/8', '10.1.2.0/255.255.255.0', '10.1.2.3'];
    const sorted = ['10.1.2.3', '10.1.2.0/255.255.255.0', '10.0.0.0/8', '10.1.%', '10.%', '%', ''];
    expect([...hosts].sort(compareHosts)).toEqual(sorted);
    expect([...hosts].reverse().sort(compareHosts)).toEqual(sorted);
  });
});

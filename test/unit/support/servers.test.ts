import { expect, it } from 'vitest';
import { atLeast, parseVersionLine } from '../../support/servers/flavour.js';

it.each([
  ['mariadbd  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)', 'mariadb', '10.11.6'],
  ['/usr/sbin/mysqld  Ver 11.4.2-MariaDB for Linux on x86_64', 'mariadb', '11.4.2'],
  ['/opt/x/mysqld  Ver 9.4.0 for Linux on x86_64 (MySQL Community Server - GPL)', 'mysql', '9.4.0'],
  ['mysqld  Ver 8.0.43-0ubuntu0.24.04.1 for Linux on x86_64 ((Ubuntu))', 'mysql', '8.0.43'],
] as const)('tells flavour and version from %j', (line, flavour, version) => {
  expect(parseVersionLine('/p', line)).toEqual({ path: '/p', flavour, version });
});

it('takes nothing else for a server', () => {
  expect(parseVersionLine('/p', 'bash: GNU bash, version 5.2.15')).toBeNull();
});

it('compares versions by number', () => {
  expect(atLeast('8.0.9', '8.0.23')).toBe(false);
  expect(atLeast('8.0.23', '8.0.23')).toBe(true);
  expect(atLeast('10.0.0', '9.9.9')).toBe(true);
});

import { expect, it } from 'vitest';
import { checkGreeting } from '../../../src/monitor/checks/greeting.js';

it.each([
  ['8.4.3', 0xffff_ffff, 'mysql'],
  ['5.5.5-10.11.2-MariaDB-log', 0xffff_fffe, 'mariadb'],
  ['8.0.30 by its configuration', 0xffff_fffe, 'mariadb'],
] as const)('%s with capabilities %d is %s', async (serverVersion, capabilities, flavour) => {
  const handshake = { serverVersion, capabilities, mariadbCapabilities: 0, collation: 45, authPlugin: 'mysql_native_password' };
  const target = { hostname: 'db', port: 3306 } as Parameters<typeof checkGreeting>[1];
  const greeting = await checkGreeting(async () => ({ kind: 'handshake', handshake }), target, 1000);
  expect(greeting).toMatchObject({ kind: 'ok', value: { flavour, version: serverVersion } });
});

import { expect, it } from 'vitest';
import { renderConfig } from '../../support/weir-config.js';

it('writes every table of a description in libconfig syntax', () => {
  const text = renderConfig('/tmp/d', {
    servers: [{ address: '127.0.0.1', port: 3306, hostgroup: 0, more: { weight: 5 } }],
    users: [{ username: 'a', password: 'p"\\q', hostgroup: 0 }],
    pairs: [{ writer: 0, reader: 1 }],
    rules: [{ rule_id: 1, active: 1, match_digest: '^SELECT\\b', destination_hostgroup: 1, apply: 1 }],
    mysqlVariables: { threads: 1 },
    adminVariables: { restapi_enabled: true },
    extraText: '# the end',
  });
  expect(text).toContain('datadir="/tmp/d"');
  expect(text).toContain('  restapi_enabled=true;');
  expect(text).toContain('  weight=5;');
  expect(text).toContain('  password="p\\"\\\\q";');
  expect(text).toContain('  match_digest="^SELECT\\\\b";');
  expect(text).toContain('  check_type="read_only";');
  expect(text).toContain('# the end');
});

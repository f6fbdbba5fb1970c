import path from 'node:path';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdminCase, caseNames, mismatch, readCases, updateCases } from '../support/admin-cases/case-file.js';
import { runByDriver } from '../support/admin-cases/run-by-driver.js';
import { runByProgram, type ShownAnswer } from '../support/admin-cases/run-by-program.js';
import { locateBinary } from '../support/servers/index.js';
import { findProgram } from '../support/servers/locate.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const MODULES = ['MYSQL SERVERS', 'MYSQL USERS', 'MYSQL QUERY RULES', 'SCHEDULER'];
const TABLES = ['mysql_servers', 'mysql_replication_hostgroups', 'mysql_users', 'mysql_query_rules', 'scheduler'];

/** Sessions on the admin port as data, by a driver and by the command line clients of both flavours. WEIR_UPDATE_CASES=1 writes what was found. */
describe('the admin port by cases', () => {
  let weir: RunningWeir;
  let admin: Connection;
  let variables: unknown[][];
  const mysqlServer = locateBinary('mysql');
  const programs = {
    mariadb: findProgram(['mariadb']),
    mysql: mysqlServer === null ? null : findProgram(['mysql'], path.join(path.dirname(mysqlServer.path), 'mysql')),
  };

  beforeAll(async () => {
    weir = await startWeir({
      servers: [
        { address: '127.0.0.1', port: 1, hostgroup: 0, more: { comment: 'primary' } },
        { address: '127.0.0.1', port: 2, hostgroup: 1, more: { weight: 100, max_connections: 50, comment: 'first replica' } },
        { address: '127.0.0.1', port: 3, hostgroup: 1, more: { weight: 50, max_connections: 50, max_replication_lag: 10 } },
      ],
      users: [
        { username: 'app', password: 'secret', hostgroup: 0, more: { default_schema: 'shop' } },
        { username: 'report', password: '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19', hostgroup: 1 },
      ],
      rules: [
        { rule_id: 1, active: 1, match_digest: '^SELECT.*FOR UPDATE', destination_hostgroup: 0, apply: 1 },
        { rule_id: 2, active: 1, match_digest: '^SELECT', destination_hostgroup: 1, apply: 1 },
      ],
      mysqlVariables: { monitor_enabled: false, threads: 2 },
      adminVariables: { admin_credentials: 'admin:admin', stats_credentials: 'stats:stats' },
    });
    admin = await weir.connectAdmin();
    [variables] = (await admin.query({ sql: 'SELECT * FROM global_variables', rowsAsArray: true })) as unknown as [unknown[][]];
  });
  afterAll(async () => {
    await admin?.end();
    await weir?.kill();
  });

  /** Every session begins with the same configuration on all three layers, whatever the one before did. */
  async function startAfresh(): Promise<void> {
    for (const table of TABLES) await admin.query(`DELETE FROM ${table}`);
    for (const module of MODULES) await admin.query(`LOAD ${module} FROM CONFIG`);
    await admin.query('REPLACE INTO global_variables VALUES ?', [variables]);
    for (const module of [...MODULES, 'MYSQL VARIABLES', 'ADMIN VARIABLES']) {
      await admin.query(`LOAD ${module} TO RUNTIME`);
      await admin.query(`SAVE ${module} TO DISK`);
    }
  }

  const expectAll = (cases: readonly AdminCase[], problems: readonly (string | null)[]) =>
    expect(problems.filter((problem) => problem !== null).join('\n'), `${cases.length} cases`).toBe('');

  it('are at least 250', () => {
    expect(caseNames().reduce((count, name) => count + readCases(name).cases.length, 0)).toBeGreaterThanOrEqual(250);
  });

  it.each(caseNames())('%s by mysql2', async (name) => {
    await startAfresh();
    const file = readCases(name);
    const account = file.account ?? 'admin';
    const connection = await weir.connectAdmin({ user: account, password: account });
    const answers = await runByDriver(connection, file.cases).finally(() => connection.destroy());
    if (process.env['WEIR_UPDATE_CASES']) updateCases(name, file, answers);
    expectAll(
      file.cases,
      readCases(name).cases.map((wanted, position) => mismatch(wanted, answers[position]!)),
    );
  });

  describe.each(Object.entries(programs))('by the %s program', (_, program) => {
    it.skipIf(program === null).each(caseNames())('%s', async (name) => {
      await startAfresh();
      const { cases, account = 'admin' } = readCases(name);
      const login = ['--no-defaults', '-h127.0.0.1', `-P${weir.adminPort}`, `-u${account}`, `-p${account}`];
      const shown = await runByProgram(program!, login, cases);
      expectAll(
        cases,
        cases.map((wanted, position) => mismatch(asShown(wanted), reduced(shown[position]!))),
      );
    });
  });
});

/** What a command line client can show of what a case wants. */
function asShown(wanted: AdminCase): AdminCase {
  if ('ok' in wanted) return { sql: wanted.sql, ok: 0 };
  if ('rows' in wanted && wanted.rows?.length === 0) return { sql: wanted.sql, columns: [], rows: [] };
  return wanted;
}

function reduced(shown: ShownAnswer): Partial<ShownAnswer> & Partial<AdminCase> {
  return 'ok' in shown ? { ok: 0 } : shown;
}

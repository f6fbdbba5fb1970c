import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { freePort } from '../support/servers/index.js';
import { numberOf } from '../support/statements.js';
import { type RunningWeir, startWeir, type WeirOptions } from '../support/weir.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** No server is needed to start. */
const QUIET: WeirOptions = { mysqlVariables: { monitor_enabled: false, threads: 1 } };

async function withWeir(options: WeirOptions, work: (weir: RunningWeir) => Promise<void>): Promise<void> {
  const weir = await startWeir(options);
  try {
    await work(weir);
  } finally {
    await weir.kill();
  }
}

/** Runs main with arguments until it ends. */
function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: 15_000 });
  return { status, stdout, stderr };
}

describe('start', () => {
  it('prints its version and its options', () => {
    expect(run('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^weir \d+\.\d+\.\d+\n$/) });
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--config') });
  });

  it('refuses unknown options with exit code 2', () => {
    expect(run('--confg', 'x')).toMatchObject({ status: 2, stderr: expect.stringContaining('--confg') });
    expect(run('--config', '/nowhere/proxysql.cnf')).toMatchObject({ status: 2, stderr: expect.stringContaining('/nowhere/proxysql.cnf') });
  });

  it('names file and line of every configuration error and exits with 2', async () => {
    const extraText = 'mysql_users_typo=(';
    await withWeir({ ...QUIET, extraText, withoutReady: true }, async (weir) => {
      expect(await weir.exited).toEqual({ code: 2, signal: null });
      expect(weir.logs.tail()).toMatch(new RegExp(`${weir.configFile}:\\d+: `));
    });
    const servers = [{ address: '127.0.0.1', port: 70_000, hostgroup: 0, more: { weight: -1 } }];
    await withWeir({ ...QUIET, servers, withoutReady: true }, async (weir) => {
      expect(await weir.exited).toEqual({ code: 2, signal: null });
      const lines = readFileSync(weir.configFile, 'utf8').split('\n');
      for (const [key, text] of [
        ['port', 'port=70000'],
        ['weight', 'weight=-1'],
      ] as const) {
        const line = 1 + lines.findIndex((candidate) => candidate.includes(text));
        expect(weir.logs.tail()).toMatch(new RegExp(`${weir.configFile}:${line}: mysql_servers\\.${key}: .*accepted`));
      }
    });
  });

  it('says which port is in use and exits with 2', async () => {
    const port = await freePort();
    const holder = net.createServer().listen(port, '127.0.0.1');
    try {
      for (const options of [
        { mysqlVariables: { ...QUIET.mysqlVariables, interfaces: `127.0.0.1:${port}` } },
        { ...QUIET, adminVariables: { mysql_ifaces: `127.0.0.1:${port}` } },
        { ...QUIET, adminVariables: { restapi_port: port } },
      ]) {
        await withWeir({ ...options, withoutReady: true }, async (weir) => {
          expect(await weir.exited).toEqual({ code: 2, signal: null });
          expect(weir.logs.tail()).toContain(`127.0.0.1:${port}`);
        });
      }
    } finally {
      holder.close();
    }
  });

  it('says once that it is ready, reopens on SIGHUP, and stops on SIGTERM with 0', async () => {
    await withWeir(QUIET, async (weir) => {
      weir.signal('SIGHUP');
      await weir.waitForLog(/logs reopened/);
      const admin = await weir.connectAdmin();
      expect(await numberOf(admin, 'SELECT 1')).toBe(1);
      admin.destroy();
      expect(weir.logs.filter('ready')).toHaveLength(1);
      weir.signal('SIGTERM');
      expect(await weir.exited).toEqual({ code: 0, signal: null });
    });
  });

  it('takes weir.db before the file, unless told --initial', async () => {
    await withWeir(QUIET, async (weir) => {
      weir.signal('SIGTERM');
      await weir.exited;
      const changed = readFileSync(weir.configFile, 'utf8').replace('threads=1;', 'threads=1;\n  wait_timeout=123000;');
      writeFileSync(weir.configFile, changed);
      const waitTimeout = "SELECT variable_value FROM global_variables WHERE variable_name = 'mysql-wait_timeout'";
      const { spawn } = await import('node:child_process');
      for (const [args, expected] of [
        [[], 28_800_000],
        [['--initial'], 123_000],
        [[], 123_000],
      ] as const) {
        const child = spawn(process.execPath, [MAIN, '--config', weir.configFile, '--datadir', weir.datadir, ...args]);
        const ended = new Promise((resolve) => child.once('exit', resolve));
        await new Promise<void>((resolve, reject) => {
          let log = '';
          child.stderr.on('data', (data) => {
            log += String(data);
            if (log.includes('"msg":"ready"')) resolve();
          });
          child.once('exit', () => reject(new Error(log)));
        });
        const admin = await weir.connectAdmin();
        expect(await numberOf(admin, waitTimeout)).toBe(expected);
        admin.destroy();
        child.kill('SIGTERM');
        expect(await ended).toBe(0);
      }
    });
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram } from '../../test/support/servers/locate.js';

export type Progress = (text: string) => void;

const PACKAGES: Readonly<Record<string, string>> = {
  sysbench: 'sysbench',
  haproxy: 'haproxy',
  mariadb: 'mariadb-client-core',
};

/**
 * The path of a program that the benchmark cannot do without. As root on Debian or Ubuntu it is installed where it is missing.
 *
 * @throws with the way to get it
 */
export function requireProgram(name: 'sysbench' | 'haproxy' | 'mariadb', progress: Progress): string {
  const names = name === 'mariadb' ? ['mariadb', 'mysql'] : [name];
  const packageName = PACKAGES[name] ?? name;
  const present = findProgram(names);
  if (present !== null) return present;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    progress(`installing ${packageName} with apt-get`);
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [['update'], ['install', '--yes', '--no-install-recommends', packageName]]) {
      spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
    }
  }
  const installed = findProgram(names);
  if (installed === null)
    throw new Error(`${name} was found neither on PATH nor in the usual places; on Debian and Ubuntu: apt-get install ${packageName}`);
  return installed;
}

/**
 * ProxySQL: `WEIR_BENCH_PROXYSQL`, else PATH; null where there is none, which is no fault.
 *
 * @throws when the variable names something that does not exist: a named program is never silently left out
 */
export function findProxysql(): string | null {
  const named = process.env['WEIR_BENCH_PROXYSQL'];
  if (named === undefined || named === '') return findProgram(['proxysql']);
  if (!existsSync(named)) throw new Error(`WEIR_BENCH_PROXYSQL=${named} does not exist`);
  return named;
}

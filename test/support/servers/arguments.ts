import path from 'node:path';
import { pidFile } from './directories.js';
import { atLeast, type Flavour } from './flavour.js';

/** What differs between two test servers of the same flavour. */
export interface ServerSettings {
  readonly flavour: Flavour;
  readonly version: string;
  readonly directory: string;
  readonly port: number;
  readonly serverId: number;
  /** Starts with read_only=1, on MySQL super_read_only=1 too. */
  readonly readOnly: boolean;
  /** Further server options; they come last and so win. */
  readonly extraArgs: readonly string[];
}

export const datadirOf = (directory: string): string => path.join(directory, 'data');
export const socketOf = (directory: string): string => path.join(directory, 's.sock');

/** The options that every start needs, the making of the datadir included: nothing of the machine's own option files counts. */
export function commonArguments(datadir: string): string[] {
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  return ['--no-defaults', ...asRoot, `--datadir=${datadir}`, '--innodb-buffer-pool-size=64M'];
}

/** Redo log small enough to be copied with the datadir. */
export function redoLogArguments(flavour: Flavour): string[] {
  return flavour === 'mariadb' ? ['--innodb-log-file-size=16M'] : ['--loose-innodb-redo-log-capacity=32M'];
}

/** The command line of one server: a binary log and GTIDs for replication, durability only as far as a killed process needs it. */
export function serverArguments(settings: ServerSettings): string[] {
  const { flavour, directory } = settings;
  return [
    ...commonArguments(datadirOf(directory)),
    ...redoLogArguments(flavour),
    `--port=${settings.port}`,
    '--bind-address=127.0.0.1',
    `--socket=${socketOf(directory)}`,
    `--pid-file=${pidFile(directory)}`,
    `--server-id=${settings.serverId}`,
    '--skip-name-resolve',
    '--log-bin=binlog',
    '--binlog-format=ROW',
    '--max-connections=500',
    '--performance-schema=OFF',
    '--character-set-server=utf8mb4',
    '--innodb-flush-log-at-trx-commit=2',
    '--sync-binlog=0',
    ...flavourArguments(settings),
    ...(settings.readOnly ? readOnlyArguments(flavour) : []),
    ...settings.extraArgs,
  ];
}

function flavourArguments({ flavour, version }: ServerSettings): string[] {
  if (flavour === 'mariadb') return ['--log-slave-updates', '--gtid-strict-mode=1'];
  const logUpdates = atLeast(version, '8.0.26') ? '--log-replica-updates' : '--log-slave-updates';
  return [logUpdates, '--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--loose-mysqlx=OFF'];
}

/** Nobody writes, on MySQL not even accounts that may administrate. */
export function readOnlyArguments(flavour: Flavour): string[] {
  return flavour === 'mariadb' ? ['--read-only=1'] : ['--read-only=1', '--super-read-only=1'];
}

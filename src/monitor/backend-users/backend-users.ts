import { type HostgroupId, hostgroupId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import type { BackendUser, ConfigSnapshot, HostTable, Placement } from '../../config/snapshot.js';
import type { ConfigRow, ConfigRows } from '../../config/table-types.js';
import { booleanValue, integerValue, type VariableValues } from '../../config/variables.js';
import type { MonitorLogin } from '../monitor-connection.js';
import { monitorLogin, monitorSettings } from '../settings.js';
import type { ServerAccount } from './account-row.js';
import { type AccountReader, readAccounts } from './read-accounts.js';
import { RefreshGate } from './refresh-gate.js';

/** User tables are read once in this time at most, however many logins fail, ms. */
const LEAST_PAUSE_MS = 1_000;
/** For connecting and reading together, ms: a login that waits for it gives up after 2 s. */
const READ_TIMEOUT_MS = 1_500;

/** What a monitor's account lacks when it may not read a table. */
const DENIED = new Set([1044, 1142, 1143, 1227]);
/** Errors of a server that say that an account is not what weir takes it for: wrong password, locked, expired, not allowed from here. */
const ACCOUNT_CHANGED = new Set([1045, 1130, 1698, 1862, 3118, 4151]);

export interface BackendUsersOptions {
  readonly log: Logger;
  readonly hosts: () => HostTable;
  /** Called with the whole list each time that it differs from the one before. */
  readonly onUsers: (users: readonly BackendUser[]) => void;
  readonly read?: AccountReader;
}

/** What runs now. */
export interface RunningConfig {
  readonly snapshot: Pick<ConfigSnapshot, 'replicationHostgroups' | 'servers' | 'variables'>;
  readonly variables: VariableValues;
  readonly rows: ConfigRows;
}

interface Settings {
  readonly enabled: boolean;
  readonly intervalMs: number;
  /** -1: the writers of all pairs. */
  readonly hostgroup: number;
  readonly login: MonitorLogin;
}

/** Keeps the accounts of the servers' own user tables (`mysql-users_from_backend`). */
export class BackendUsers {
  readonly #options: BackendUsersOptions;
  readonly #gate = new RefreshGate(() => this.#refresh(), LEAST_PAUSE_MS);
  /** As last read, by hostgroup: a server that can not be read now changes nothing. */
  readonly #accounts = new Map<HostgroupId, readonly ServerAccount[]>();
  readonly #problems = new Map<HostgroupId, string>();
  readonly #config: RunningConfig;
  #readBy = '';
  #users: readonly BackendUser[] = [];
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: BackendUsersOptions, config: RunningConfig) {
    this.#options = options;
    this.#config = config;
  }

  get #settings(): Settings {
    return settingsOf(this.#config);
  }

  /** Without the accounts that mysql_users has rows for, active or not. */
  get users(): readonly BackendUser[] {
    return this.#users;
  }

  /** At the start and after each change of the configuration: resolves when the tables have been read by it, where that is wanted. */
  async reconfigure(): Promise<void> {
    this.#publish();
    const by = JSON.stringify([this.#settings, this.#hostgroups()]);
    const isChanged = by !== this.#readBy;
    this.#readBy = by;
    if (!this.#settings.enabled) this.#pause();
    else if (isChanged) await this.refresh();
  }

  /** Reads the tables, at most once a second; never rejects. */
  refresh(): Promise<void> {
    return this.#settings.enabled && !this.#stopped ? this.#gate.request() : Promise.resolve();
  }

  /** A server answered a login with this error number. */
  onLoginError(errno: number): void {
    if (ACCOUNT_CHANGED.has(errno)) void this.refresh();
  }

  stop(): void {
    this.#stopped = true;
    this.#pause();
  }

  #pause(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #refresh(): Promise<void> {
    this.#pause();
    const groups = this.#hostgroups();
    for (const known of [...this.#accounts.keys()]) if (!groups.some(({ writer }) => writer === known)) this.#accounts.delete(known);
    await Promise.all(groups.map(({ writer, reader }) => this.#read(writer, this.#candidates(writer, reader))));
    if (this.#stopped || !this.#settings.enabled) return;
    this.#publish();
    this.#timer ??= setTimeout(() => void this.refresh(), this.#settings.intervalMs);
  }

  /** The servers of a hostgroup one after the other, until one can be read. */
  async #read(hostgroup: HostgroupId, candidates: readonly Placement[]): Promise<void> {
    const { read = readAccounts, log } = this.#options;
    const { login } = this.#settings;
    let problem = `no server of hostgroup ${hostgroup} is online`;
    for (const server of candidates) {
      try {
        this.#accounts.set(hostgroup, await read(server, login, READ_TIMEOUT_MS));
        if (this.#problems.delete(hostgroup)) log.info({ hostgroup, server: server.key }, 'accounts of the servers can be read again');
        return;
      } catch (error) {
        problem = `${server.key}: ${explain(error, login.username)}`;
      }
    }
    if (this.#problems.get(hostgroup) === problem) return;
    this.#problems.set(hostgroup, problem);
    log.error({ hostgroup, problem }, 'accounts of the servers can not be read (mysql-users_from_backend); those known stay');
  }

  #hostgroups(): { readonly writer: HostgroupId; readonly reader: HostgroupId | null }[] {
    const { replicationHostgroups: pairs, servers } = this.#config.snapshot;
    const chosen = this.#settings.hostgroup;
    if (chosen >= 0) return [{ writer: hostgroupId(chosen), reader: pairs.find(({ writer }) => writer === chosen)?.reader ?? null }];
    if (pairs.length > 0) return [...pairs];
    const numbers = servers.map(({ hostgroup }) => hostgroup);
    return numbers.length === 0 ? [] : [{ writer: hostgroupId(Math.min(...numbers)), reader: null }];
  }

  /** A replica has the same table; it serves while there is no writer. */
  #candidates(writer: HostgroupId, reader: HostgroupId | null): Placement[] {
    const online = this.#options.hosts().placements.filter(({ status }) => status === 'ONLINE');
    const writers = online.filter(({ hostgroup }) => hostgroup === writer);
    return [...writers, ...online.filter(({ hostgroup, key }) => hostgroup === reader && !writers.some((other) => other.key === key))];
  }

  #publish(): void {
    const users = this.#settings.enabled ? this.#merged() : [];
    if (JSON.stringify(users) === JSON.stringify(this.#users)) return;
    this.#users = users;
    this.#options.onUsers(users);
  }

  /** The first hostgroup that has an account keeps it. */
  #merged(): BackendUser[] {
    const ownNames = namesOf(this.#config.rows['mysql_users'] ?? []);
    const byAccount = new Map<string, BackendUser>();
    for (const { writer } of this.#hostgroups()) {
      for (const account of this.#accounts.get(writer) ?? []) {
        const key = `${account.username}\0${account.host}`;
        if (!ownNames.has(account.username) && !byAccount.has(key)) byAccount.set(key, { ...account, defaultHostgroup: writer });
      }
    }
    return [...byAccount.values()];
  }
}

function settingsOf({ variables: values, snapshot }: RunningConfig): Settings {
  return {
    enabled: booleanValue(values, 'mysql-users_from_backend'),
    intervalMs: integerValue(values, 'mysql-users_from_backend_interval'),
    hostgroup: integerValue(values, 'mysql-users_from_backend_hostgroup'),
    login: monitorLogin(monitorSettings(values, snapshot.variables)),
  };
}

function namesOf(rows: readonly ConfigRow[]): Set<string> {
  return new Set(rows.map((row) => String(row['username'])));
}

function explain(error: unknown, username: string): string {
  const { errno, message } = error as { errno?: number; message: string };
  if (errno === undefined || !DENIED.has(errno)) return message;
  return `${message}; the monitor's account needs GRANT SELECT ON mysql.user (MySQL) or mysql.global_priv (MariaDB) TO '${username}'`;
}

import type { BackendUser } from '../../config/snapshot.js';
import { compareHosts, type HostMatcher, hostMatcher, hostNamesOf } from './host-pattern.js';

interface Entry {
  readonly user: BackendUser;
  readonly matches: HostMatcher;
}

/** Accounts of the servers' own user tables, looked up as a server does: by name, then the most specific host that fits. */
export class BackendUserTable {
  private readonly byName = new Map<string, Entry[]>();

  constructor(readonly users: readonly BackendUser[]) {
    for (const user of [...users].sort((left, right) => compareHosts(left.host, right.host))) {
      const entries = this.byName.get(user.username) ?? [];
      entries.push({ user, matches: hostMatcher(user.host) });
      this.byName.set(user.username, entries);
    }
  }

  /** @param clientAddress '' for a Unix socket */
  find(username: string, clientAddress: string): BackendUser | null {
    const names = hostNamesOf(clientAddress);
    return this.byName.get(username)?.find(({ matches }) => names.some(matches))?.user ?? null;
  }
}

export const NO_BACKEND_USERS = new BackendUserTable([]);

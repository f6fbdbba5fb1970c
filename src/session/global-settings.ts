import { type SessionState, type StateInterner, sameVariable } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import type { ServerKey } from '../base/ids.js';
import type { GlobalChange } from '../config/global-change.js';
import type { Hostgroup } from '../pool/hostgroup.js';
import type { Pool } from '../pool/pool.js';
import { Capability, has } from '../protocol/constants.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import { Definitions } from '../sql/verdict.js';
import { withIgnoreSpace } from './session-bases.js';

/** A session of this worker, as far as its values go. */
export interface GlobalsHolder {
  /** Where its servers are; null: it has not logged in. */
  readonly home: Hostgroup | null;
  readonly identity: BackendIdentity;
  /** The session has begun with this value, and goes on with it unless it has set its own. */
  keep(name: string, value: string): void;
}

/** What happened to other sessions than those of this worker. */
export interface GlobalsLink {
  /** `onNoted` is called once, later: all other workers know. */
  tell(changes: readonly GlobalChange[], onNoted: () => void): void;
}

/**
 * Global variables of servers that clients have set, for all sessions of a worker. On a server a session has the values of its login. Here those
 * from before go on with the old one, and those from after begin with the new one, wherever their statements run. What can not be carried, new
 * sessions get from connections that are opened from then on.
 */
export class GlobalSettings {
  /** What sessions begin with, by server and name. */
  private readonly carried = new Map<ServerKey, Map<string, string>>();
  /** Their names, another list after each change. */
  private readonly asked = new Map<ServerKey, readonly string[]>();
  /** All that were set: replicas have other values. */
  private readonly names = new Set<string>();

  constructor(
    private readonly states: StateInterner,
    private readonly holders: () => Iterable<GlobalsHolder>,
    private readonly pool: () => Pick<Pool, 'allServers'> | null,
    private readonly link: GlobalsLink,
  ) {}

  /** A session of this worker has changed them; `then` is called, perhaps at once, when all new sessions see it. */
  change(changes: readonly GlobalChange[], then: () => void): void {
    if (changes.length === 0) {
      then();
      return;
    }
    this.note(changes);
    this.link.tell(changes, then);
  }

  /** They have been changed. */
  note(changes: readonly GlobalChange[]): void {
    for (const change of changes) {
      if (change.name !== '') this.names.add(change.name);
      if (change.before !== null && change.after !== null) this.carry(change.server, change.name, change.before, change.after);
      else if (change.isOfSessions) this.renew(change.server, change.name);
    }
  }

  private carry(server: ServerKey, name: string, before: string, after: string): void {
    const values = this.carried.get(server) ?? new Map<string, string>();
    values.set(name, after);
    this.carried.set(server, values);
    this.asked.set(server, [...values.keys()]);
    for (const holder of this.holders()) {
      if (holder.home?.all.some((member) => member.server.key === server) !== true) continue;
      for (const own of ownNames(name, holder.identity)) holder.keep(own, ownValue(own, before, holder.identity));
    }
  }

  /** Connections that are open are for no new session. */
  private renew(key: ServerKey, name: string): void {
    const values = this.carried.get(key);
    if (values?.delete(name) === true) this.asked.set(key, [...values.keys()]);
    for (const server of this.pool()?.allServers ?? []) {
      if (server.key !== key) continue;
      for (const connection of server.leased) connection.isBeyondReset = true;
      for (const connection of server.idleConnections()) connection.quit();
    }
  }

  /** Of a session that begins now: `state` with what has been set at the servers of its hostgroup. */
  begin(state: SessionState, home: Hostgroup | null, identity: BackendIdentity): SessionState {
    if (this.carried.size === 0 || home === null) return state;
    let next = state;
    for (const { server } of home.all) {
      for (const [name, value] of this.carried.get(server.key) ?? [])
        for (const own of ownNames(name, identity)) next = this.states.withVariable(next, own, ownValue(own, value, identity));
    }
    return next;
  }

  /** The variables whose values a login to the server reads: they may have been set past weir, or the server may have been started again. */
  namesAt(server: ServerKey): readonly string[] {
    return this.asked.get(server) ?? NONE;
  }

  /** What a login has read that was told to read `asked`. */
  learn(server: ServerKey, asked: readonly string[], values: ReadonlyMap<string, string>): void {
    // It may have read them before they were changed.
    if (values.size === 0 || this.asked.get(server) !== asked) return;
    const known = this.carried.get(server);
    for (const [name, value] of values) known?.set(name, value);
  }

  /** The read may show a variable that was set at the primary, and that replicas have another value of. */
  areReadBy({ digestText, verdict }: DigestEntry): boolean {
    if (this.names.size === 0) return false;
    if (verdict.definitions !== Definitions.none && SHOWS_VARIABLES.test(digestText)) return true;
    if (!digestText.includes('@@')) return false;
    const text = digestText.toLowerCase();
    for (const name of this.names) if (text.includes(name) || text.includes(sameVariable(name))) return true;
    return false;
  }
}

const NONE: readonly string[] = [];
const SHOWS_VARIABLES = /^show (?:global |session |local )?variables\b|\b(?:global|session|system)_variables\b/i;

/** What of a session a global variable is the value of: clients with CLIENT_INTERACTIVE wait by another one. */
function ownNames(name: string, { capabilities }: BackendIdentity): readonly string[] {
  const isInteractive = has(capabilities, Capability.interactive);
  if (name === 'wait_timeout') return isInteractive ? [] : [name];
  return name === 'interactive_timeout' && isInteractive ? [name, 'wait_timeout'] : [name];
}

function ownValue(name: string, value: string, { capabilities }: BackendIdentity): string {
  return name === 'sql_mode' && has(capabilities, Capability.ignoreSpace) ? withIgnoreSpace(value) : value;
}

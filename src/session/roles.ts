import { ROLE, type SessionState, type StateInterner } from '../backend/connection-state.js';
import { rolesOf } from '../backend/login/session-setup.js';
import type { ServerFlavour } from '../base/server-version.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import type { SessionStateEntry } from '../protocol/packets/session-state.js';
import type { Command } from './command.js';

/** NONE, or names that mean the same in every character set. */
const CARRIED = /^(?:NONE|(?:`[ -_a-~]*`(?:@`[ -_a-~]*`)?(?:,(?=`)|$))+)$/;
const RESOURCE_GROUP = /\bresource\s+group\b/i;

/** The command sets roles, and nothing else of the kind: the group of threads that a session runs in can not be asked for. */
export function setsRoles({ entry, text }: Command, { login }: PooledConnection): boolean {
  if (login.roleSql === null || RESOURCE_GROUP.test(entry?.digestText ?? '')) return false;
  return !RESOURCE_GROUP.test(text?.toString('latin1') ?? '');
}

/** `roles`: what SET ROLE takes for them; '' where the server has named none, not even NONE; null: they can not be set elsewhere. */
export function rolesAmong(
  entries: readonly SessionStateEntry[],
  flavour: ServerFlavour,
): { readonly roles: string | null; readonly others: readonly SessionStateEntry[] } {
  const others = entries.filter((entry) => entry.type !== 'systemVariable' || entry.name !== ROLE);
  const named = entries.find((entry) => entry.type === 'systemVariable' && entry.name === ROLE);
  if (named?.type !== 'systemVariable') return { roles: '', others };
  const roles = rolesOf(named.value === '' ? null : named.value, flavour);
  return { roles: CARRIED.test(roles) ? roles : null, others };
}

/** Servers leave them as they are when a session is reset. */
export function withRolesOf(before: SessionState, state: SessionState, states: StateInterner): SessionState {
  const roles = before.variables.get(ROLE);
  return roles === undefined ? state : states.withVariable(state, ROLE, roles);
}

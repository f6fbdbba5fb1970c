import { allClientsKey, type ServerKey, userClientsKey } from '../base/ids.js';
import type { BackendUser, ConfigSnapshot } from '../config/snapshot.js';

/**
 * The limit of each server: the largest of its rows, as one connection serves all hostgroups of the server alike. And those of
 * clients: of all, and of each account that has one.
 */
export function connectionLimits(
  { servers, users, variables }: Pick<ConfigSnapshot, 'servers' | 'users' | 'variables'>,
  backendUsers: readonly BackendUser[],
): Map<ServerKey, number> {
  const limits = new Map<ServerKey, number>([[allClientsKey, variables.maxConnections]]);
  for (const user of users) if (user.maxConnections > 0) limits.set(userClientsKey(user.username), user.maxConnections);
  for (const { username, host, maxConnections } of backendUsers)
    if (maxConnections > 0) limits.set(userClientsKey(username, host), maxConnections);
  for (const server of servers) limits.set(server.key, Math.max(limits.get(server.key) ?? 0, server.maxConnections));
  return limits;
}

/** Connections that all servers together may get, each server counted once. */
export function allServerConnections({ servers }: Pick<ConfigSnapshot, 'servers'>): number {
  const limits = new Map<ServerKey, number>();
  for (const { key, maxConnections } of servers) limits.set(key, Math.max(limits.get(key) ?? 0, maxConnections));
  return [...limits.values()].reduce((sum, limit) => sum + limit, 0);
}

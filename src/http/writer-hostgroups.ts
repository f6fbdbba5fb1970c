import type { ConfigSnapshot } from '../config/snapshot.js';

/** Hostgroups that writes go to: of the pairs, or where there are none those that users have. */
export function writerHostgroups(snapshot: ConfigSnapshot): number[] {
  const pairs = snapshot.replicationHostgroups.map((pair) => pair.writer);
  return [...new Set(pairs.length > 0 ? pairs : snapshot.users.map((user) => user.defaultHostgroup))];
}

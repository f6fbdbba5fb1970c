import type { Placement } from './snapshot.js';

/** The servers of a hostgroup that take traffic: those that are ONLINE; weight 0 only while no other one is. */
export function servingMembers<Member extends Pick<Placement, 'status' | 'weight'>>(members: readonly Member[]): readonly Member[] {
  const online = members.filter((member) => member.status === 'ONLINE');
  const weighted = online.filter((member) => member.weight > 0);
  return weighted.length > 0 ? weighted : online;
}

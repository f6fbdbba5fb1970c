import { servingMembers } from '../../config/serving-members.js';
import type { HostTable, Placement } from '../../config/snapshot.js';
import { type ExplainRow, row } from './explanation.js';

/** Every server of the hostgroup: those that could serve a statement now first, then the others with what keeps them from it. */
export function serverRows(hosts: HostTable, hostgroup: number): ExplainRow[] {
  const members = hosts.placements.filter((placement) => placement.hostgroup === hostgroup);
  if (members.length === 0) return [row('server', 'none', `no server stands in hostgroup ${hostgroup}`)];
  const serving = servingMembers(members);
  const weight = serving.reduce((sum, member) => sum + member.weight, 0);
  return [
    ...serving.map((member) => row(`server ${member.key}`, 'could serve', whyServing(member, weight, serving.length))),
    ...members.filter((member) => !serving.includes(member)).map((member) => row(`server ${member.key}`, 'left out', whyLeftOut(member))),
  ];
}

/** Whether anybody in the hostgroup takes traffic. */
export const hasServer = (hosts: HostTable, hostgroup: number): boolean =>
  hosts.placements.some((placement) => placement.hostgroup === hostgroup && placement.status === 'ONLINE');

function whyServing(member: Placement, totalWeight: number, count: number): string {
  const share = `ONLINE, ${shareOf(member, totalWeight, count)}`;
  return member.reason === '' ? share : `${share}; ${member.reason}`;
}

function shareOf(member: Placement, totalWeight: number, count: number): string {
  if (totalWeight === 0) return `weight 0, which serves while no other server is online, 1 of ${count}`;
  const percent = Math.round((member.weight / totalWeight) * 100);
  return `weight ${member.weight} of ${totalWeight} (${percent} % of new connections)`;
}

function whyLeftOut({ status, reason, weight }: Placement): string {
  if (status === 'ONLINE') return `ONLINE, weight ${weight}: takes traffic only while no other server is online`;
  return reason === '' ? status : `${status}: ${reason}`;
}

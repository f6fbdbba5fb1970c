import type { HostTable, Placement } from '../../config/snapshot.js';
import { type ExplainRow, row } from './explanation.js';

/** Every server of the hostgroup: those that could serve a statement now first, then the others with what keeps them from it. */
export function serverRows(hosts: HostTable, hostgroup: number): ExplainRow[] {
  const members = hosts.placements.filter((placement) => placement.hostgroup === hostgroup);
  if (members.length === 0) return [row('server', 'none', `no server stands in hostgroup ${hostgroup}`)];
  const serving = members.filter((member) => member.serves);
  const weight = serving.reduce((sum, member) => sum + member.weight, 0);
  return [
    ...serving.map((member) => row(`server ${member.key}`, 'could serve', whyServing(member, weight))),
    ...members.filter((member) => !member.serves).map((member) => row(`server ${member.key}`, 'left out', whyLeftOut(member))),
  ];
}

/** Whether anybody in the hostgroup takes traffic. */
export const hasServer = (hosts: HostTable, hostgroup: number): boolean =>
  hosts.placements.some((placement) => placement.hostgroup === hostgroup && placement.serves);

function whyServing({ weight, reason }: Placement, totalWeight: number): string {
  const percent = Math.round((weight / totalWeight) * 100);
  const share = `ONLINE, weight ${weight} of ${totalWeight} (${percent} % of new connections)`;
  return reason === '' ? share : `${share}; ${reason}`;
}

const whyLeftOut = ({ status, reason }: Placement): string => (reason === '' ? status : `${status}: ${reason}`);

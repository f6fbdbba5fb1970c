import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, the unit of times in /proc: 100 on every Linux that Node runs on, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100;
const KIBIBYTE = 1024;

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** utime + stime of the process. */
  readonly ticks: number;
  /** utime + stime of its children that have ended and been waited for. */
  readonly endedChildrenTicks: number;
}

/** CPU seconds that a process and all its descendants, living and ended, have used. Resolution 10 ms. */
export function treeCpuSeconds(rootPid: number): number {
  const ticks = treeStats(rootPid).reduce((sum, stat) => sum + stat.ticks + stat.endedChildrenTicks, 0);
  return ticks / TICKS_PER_SECOND;
}

/** CPU seconds of the ended children of this process: grows by what a program that was run has used, once it is over. */
export function endedChildrenCpuSeconds(): number {
  return (readStat('self')?.endedChildrenTicks ?? 0) / TICKS_PER_SECOND;
}

export function ownCpuSeconds(): number {
  return (readStat('self')?.ticks ?? 0) / TICKS_PER_SECOND;
}

/** The processes that carry traffic: the children where there are any (weir's workers), else the root alone. */
export function dataPlanePids(rootPid: number): number[] {
  const children = treeStats(rootPid)
    .map((stat) => stat.pid)
    .filter((pid) => pid !== rootPid);
  return children.length > 0 ? children : [rootPid];
}

/** Resident memory of processes together, in bytes. A process that has ended counts nothing. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentBytesOf(pid), 0);
}

function residentBytesOf(pid: number): number {
  try {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(match?.[1] ?? 0) * KIBIBYTE;
  } catch {
    return 0;
  }
}

export interface MachineCpu {
  /** Seconds that all cores together have been busy, time taken by other virtual machines included. */
  readonly busySeconds: number;
  readonly totalSeconds: number;
}

/** Reads the first line of /proc/stat: user nice system idle iowait irq softirq steal. */
export function machineCpu(): MachineCpu {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).slice(1).map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busySeconds: busy / TICKS_PER_SECOND, totalSeconds: (busy + idle + iowait) / TICKS_PER_SECOND };
}

function treeStats(rootPid: number): ProcessStat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(name) ?? []);
  const tree = new Map<number, ProcessStat>();
  const root = all.find((stat) => stat.pid === rootPid);
  if (root !== undefined) tree.set(rootPid, root);
  // A map being iterated also yields what is added meanwhile: children of children are found.
  for (const pid of tree.keys()) for (const stat of all) if (stat.parent === pid) tree.set(stat.pid, stat);
  return [...tree.values()];
}

/** proc(5): the second field, the name in parentheses, may hold blanks and parentheses; fields are counted after the last one. */
function readStat(name: string): ProcessStat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${name}/stat`, 'utf8');
  } catch {
    return null;
  }
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent = 0, utime = 0, stime = 0, childUtime = 0, childStime = 0] = [fields[1], ...fields.slice(11, 15)];
  return { pid: Number.parseInt(text, 10), parent, ticks: utime + stime, endedChildrenTicks: childUtime + childStime };
}

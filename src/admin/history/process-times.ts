import { readFileSync } from 'node:fs';

/** CPU time of processes in ticks of 10 ms, as times(2) counts them. */
export interface CpuTicks {
  readonly user: number;
  readonly system: number;
}

const MICROSECONDS_A_TICK = 10_000;

/** CPU time of this process and of workers since their start. What workers that are gone had used stays in the sum. */
export class ProcessTimes {
  readonly #pids: () => readonly number[];
  readonly #read: (pid: number) => CpuTicks | null;
  readonly #own: () => CpuTicks;
  #known = new Map<number, CpuTicks>();
  #gone: CpuTicks = { user: 0, system: 0 };

  constructor(pids: () => readonly number[], read = readProcStat, own = ownTicks) {
    this.#pids = pids;
    this.#read = read;
    this.#own = own;
  }

  sum(): CpuTicks {
    const now = new Map<number, CpuTicks>();
    for (const pid of this.#pids()) {
      const ticks = this.#read(pid) ?? this.#known.get(pid);
      if (ticks !== undefined) now.set(pid, ticks);
    }
    for (const [pid, last] of this.#known) {
      const ticks = now.get(pid);
      // A number that is used again begins at 0.
      if (ticks === undefined || ticks.user < last.user) this.#gone = add(this.#gone, last);
    }
    this.#known = now;
    return [...now.values(), this.#own()].reduce(add, this.#gone);
  }
}

const add = (left: CpuTicks, right: CpuTicks): CpuTicks => ({ user: left.user + right.user, system: left.system + right.system });

function ownTicks(): CpuTicks {
  const { user, system } = process.cpuUsage();
  return { user: Math.round(user / MICROSECONDS_A_TICK), system: Math.round(system / MICROSECONDS_A_TICK) };
}

/** Fields 14 and 15 of /proc/PID/stat (proc(5)); null where there is no such file, that is no such process or no Linux. */
export function readProcStat(pid: number): CpuTicks | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses, which may have blanks in it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { user: Number(fields[11]), system: Number(fields[12]) };
  } catch {
    return null;
  }
}

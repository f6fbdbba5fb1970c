import { describe, expect, it } from 'vitest';
import type { Combination } from '../../../bench/combination.js';
import { combinations } from '../../../bench/combination.js';
import { limits } from '../../../bench/gate.js';
import type { Measurement } from '../../../bench/measurement.js';
import { median, summarise } from '../../../bench/summary.js';
import { parseFigures } from '../../../bench/sysbench.js';
import type { TargetName } from '../../../bench/targets/target.js';

const LOAD: Combination = { workload: 'oltp_point_select', protocol: 'text', threads: 8, skipTrx: false };

function run(target: TargetName, round: number, queriesPerSecond: number, cpu: number | null, foreignShare = 0): Measurement {
  return {
    target,
    round,
    combination: LOAD,
    queries: queriesPerSecond,
    queriesPerSecond,
    p95Ms: 1,
    ignoredErrors: 0,
    cpuMicrosPerQuery: cpu,
    foreignShare,
  };
}

const ONE_ROUND = [run('straight', 1, 50_000, null), run('haproxy', 1, 30_000, 20), run('weir', 1, 27_000, 22)];
const LARGE = { target: 'weir', megabytes: 200, megabytesPerSecond: 300, ratioToStraight: 0.96, growthBytes: 19e6 } as const;
const IDLE = { target: 'weir', clients: 1000, connectedBytes: 25 * 1024, usedBytes: 99_999 } as const;

describe('summary', () => {
  it('takes the middle, or the mean of the two in the middle', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, null]);
  });

  it('compares within a round, not over the whole', () => {
    const slowSecondRound = [
      run('haproxy', 1, 30_000, 20),
      run('weir', 1, 27_000, 20),
      run('haproxy', 2, 10_000, 20),
      run('weir', 2, 9000, 20),
    ];
    const weir = summarise(slowSecondRound, [LOAD], ['haproxy', 'weir']).find((one) => one.target === 'weir');
    expect(weir?.ratioToHaproxy).toBeCloseTo(0.9);
    expect(weir?.ratioToStraight).toBeNull();
  });

  it('leaves disturbed runs out while there are others', () => {
    const runs = [...ONE_ROUND, run('haproxy', 2, 30_000, 20), run('weir', 2, 9000, 40, 0.5)];
    const weir = summarise(runs, [LOAD], ['weir'])[0];
    expect(weir).toMatchObject({ rounds: 1, queriesPerSecond: 27_000, ratioToHaproxy: 0.9, cpuMicrosPerQuery: 22 });
    const onlyDisturbed = summarise(runs.slice(3), [LOAD], ['weir'])[0];
    expect(onlyDisturbed).toMatchObject({ rounds: 1, queriesPerSecond: 9000, ratioToHaproxy: 0.3, foreignShare: 0.5 });
  });
});

describe('gate', () => {
  const summaries = summarise(ONE_ROUND, [LOAD], ['straight', 'haproxy', 'weir']);

  it('lets pass what meets every limit', () => {
    const all = limits({ summaries, largeResults: [LARGE], idleClients: [IDLE] });
    expect(all.map((limit) => limit.isMet)).toEqual([true, true, true, true, true]);
  });

  it('stops what misses one', () => {
    const slow = summarise([run('haproxy', 1, 30_000, 20), run('weir', 1, 25_400, 24.1)], [LOAD], ['haproxy', 'weir']);
    const all = limits({
      summaries: slow,
      largeResults: [{ ...LARGE, growthBytes: 20e6 }],
      idleClients: [{ ...IDLE, connectedBytes: 25 * 1024 + 1 }],
    });
    expect(all.map((limit) => limit.isMet)).toEqual([false, false, true, false, false]);
  });

  it('takes nothing that was not measured for a pass', () => {
    const all = limits({ summaries: [], largeResults: [], idleClients: [] });
    expect(all.length).toBe(4);
    expect(all.some((limit) => limit.isMet)).toBe(false);
  });
});

describe('sysbench', () => {
  it('reads the closing summary of sysbench 1.0', () => {
    const output = `SQL statistics:
    queries performed:
        read:                            68054
        total:                           97220
    transactions:                        4861   (971.41 per sec.)
    queries:                             97220  (19428.20 per sec.)
    ignored errors:                      3      (0.60 per sec.)
    reconnects:                          0      (0.00 per sec.)
Latency (ms):
         min:                                    2.50
         95th percentile:                       13.70
`;
    expect(parseFigures(output)).toEqual({ queries: 97_220, queriesPerSecond: 19_428.2, p95Ms: 13.7, ignoredErrors: 3 });
    expect(() => parseFigures('FATAL: no')).toThrow('sysbench');
  });

  it('runs point_select once, whatever is said of transactions', () => {
    const choice = { protocols: ['text', 'prepared'], threads: [8, 64], skipTrx: [false, true] } as const;
    expect(combinations({ ...choice, workloads: ['oltp_point_select'] }).length).toBe(4);
    expect(combinations({ ...choice, workloads: ['oltp_read_write'] }).length).toBe(8);
  });
});

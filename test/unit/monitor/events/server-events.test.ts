import SqliteDatabase from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { AdminContext } from '../../../../src/admin/context.js';
import { weirEvents } from '../../../../src/admin/tables/weir-events.js';
import { serverKey } from '../../../../src/base/ids.js';
import { createLog } from '../../../../src/base/log.js';
import { conflictEvents } from '../../../../src/monitor/events/conflict-events.js';
import type { ServerEvent } from '../../../../src/monitor/events/event.js';
import { MOST_EVENTS, ServerEvents } from '../../../../src/monitor/events/server-events.js';

function world(variables = new Map<string, string>()) {
  const lines: Record<string, unknown>[] = [];
  const clock = { nowMs: Date.UTC(2026, 0, 1) };
  const log = createLog({ stream: { write: (line) => lines.push(JSON.parse(line)) } }).logger;
  const events = new ServerEvents(
    log,
    () => variables,
    () => clock.nowMs,
  );
  const database = new SqliteDatabase(':memory:').exec("ATTACH ':memory:' AS monitor").exec(weirEvents.createSql);
  const rows = () => {
    weirEvents.refresh!(database, { control: { eventsSince: (number: number) => events.since(number) } } as unknown as AdminContext);
    return database.prepare('SELECT * FROM monitor.weir_events').raw().all();
  };
  const counts = () => events.totals().flatMap(({ kind, to, count }) => (count === 0 ? [] : [[kind, to, count]]));
  return { lines, clock, events, rows, counts };
}

const died: ServerEvent = {
  ...{ kind: 'status', server: 'db1:3306', hostgroups: [10, 20], from: 'ONLINE', to: 'SHUNNED', reason: 'ping failed 3 times: refused' },
};
const back: ServerEvent = { ...died, kind: 'recovery', from: 'SHUNNED', to: 'ONLINE' };

it('an event is one line, one count and one row', () => {
  const { lines, clock, events, rows, counts } = world();
  events.record([died]);
  clock.nowMs += 1_500;
  events.record([back]);
  expect(rows()).toEqual([
    [1, '2026-01-01T00:00:00.000Z', 'status', 'db1:3306', '10,20', 'ONLINE', 'SHUNNED', died.reason],
    [2, '2026-01-01T00:00:01.500Z', 'recovery', 'db1:3306', '10,20', 'SHUNNED', 'ONLINE', died.reason],
  ]);
  const fields = { server: 'db1:3306', hostgroups: [10, 20], reason: died.reason };
  expect(lines).toMatchObject([
    { ...fields, level: 'warn', msg: 'server is left out', event: 'status', from: 'ONLINE', to: 'SHUNNED' },
    { ...fields, level: 'info', msg: 'server is back', event: 'recovery', from: 'SHUNNED', to: 'ONLINE' },
  ]);
  expect(lines).toHaveLength(2);
  expect(counts()).toEqual([
    ['status', 'SHUNNED', 1],
    ['recovery', 'ONLINE', 1],
  ]);
});

it('counts each kind with each state from 0 on', () => {
  const names = world()
    .events.totals()
    .map(({ kind, to, count }) => `${kind} ${to} ${count}`);
  expect(names).toContain('status SHUNNED 0');
  expect(names).toContain('worker_death dead 0');
  expect(new Set(names).size).toBe(names.length);
});

it('keeps what lies within mysql-monitor_history, some thousands at most, and numbers go on', () => {
  const { clock, events, rows, counts } = world(new Map([['mysql-monitor_history', '5000']]));
  events.record([died]);
  clock.nowMs += 3_000;
  events.record([back]);
  expect(rows()).toHaveLength(2);
  clock.nowMs += 2_001;
  expect(rows()).toEqual([expect.arrayContaining([2])]);
  events.record(Array.from({ length: MOST_EVENTS + 5 }, (_, index) => ({ ...died, server: `db${index}` })));
  expect(rows()).toHaveLength(MOST_EVENTS);
  expect(rows()[0]).toContain(8);
  expect(counts()).toContainEqual(['status', 'SHUNNED', MOST_EVENTS + 6]);
});

it('bounds a reason, and takes out what no program can be given', () => {
  const { events } = world();
  events.record([{ ...died, reason: `a\0b${'x'.repeat(70_000)}` }]);
  const { reason } = events.since(0).entries[0]!;
  expect(reason).toHaveLength(1_001);
  expect(reason.slice(0, 3)).toBe('abx');
});

it('tells of deaths and returns of workers, not of first starts', () => {
  const { lines, events, rows } = world();
  events.workerRuns(0);
  events.workerRuns(1);
  events.workerDied(1, 'ended by SIGKILL', 200);
  events.workerDied(1, 'exit code 7', 400);
  events.workerRuns(1);
  events.workerRuns(1);
  expect(rows().map((row) => (row as string[]).slice(2))).toEqual([
    ['worker_death', 'worker 1', '', 'running', 'dead', 'ended by SIGKILL; it starts again in 200 ms'],
    ['worker_death', 'worker 1', '', 'starting', 'dead', 'exit code 7; it starts again in 400 ms'],
    ['recovery', 'worker 1', '', 'dead', 'running', 'exit code 7'],
  ]);
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    ['error', 'worker died'],
    ['error', 'worker died'],
    ['info', 'worker runs again'],
  ]);
});

it('a conflict begins, changes and ends', () => {
  const [a, b, c] = [serverKey('a', 3306), serverKey('b', 3306), serverKey('c', 3306)];
  const two = { pair: '10/20', writer: a, others: [b], answer: 'keep' as const };
  const three = { ...two, others: [b, c] };
  const on = { server: a, hostgroups: [10, 20] };
  expect(conflictEvents([], [two])).toEqual([
    { ...on, kind: 'conflict', from: 'none', to: 'conflict', reason: 'b:3306 accepts writes too; only the known writer gets them' },
  ]);
  expect(conflictEvents([two], [{ ...two }])).toEqual([]);
  expect(conflictEvents([two], [three])).toMatchObject([{ kind: 'conflict', from: 'conflict', to: 'conflict' }]);
  expect(conflictEvents([two], [{ ...two, answer: 'refuse' }])).toMatchObject([{ reason: 'b:3306 accepts writes too; nobody gets them' }]);
  expect(conflictEvents([three], [])).toMatchObject([{ ...on, kind: 'recovery', from: 'conflict', to: 'none' }]);
});

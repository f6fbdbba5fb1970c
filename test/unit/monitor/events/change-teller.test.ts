import { pino } from 'pino';
import { expect, it } from 'vitest';
import { hostgroupId, serverKey } from '../../../../src/base/ids.js';
import type { HostTable, Placement } from '../../../../src/config/snapshot.js';
import { ChangeTeller } from '../../../../src/monitor/events/change-teller.js';
import type { Situation } from '../../../../src/monitor/events/host-events.js';

const key = serverKey('a', 3306);

function at(version: number, status: Placement['status'], conflicts: Situation['conflicts'] = []): Situation {
  const place = { hostgroup: hostgroupId(1), hostname: 'a', port: 3306, key, status, serves: status === 'ONLINE', reason: '' };
  const table = { version, placements: [place], identity: { version: '8.0' } } as unknown as HostTable;
  return { table, conflicts, pairs: [], observations: new Map() };
}

function world(begin: Situation) {
  const told: string[] = [];
  const teller = new ChangeTeller(
    pino({ level: 'silent' }),
    (events) => told.push(...events.map(({ kind, from, to }) => `${kind} ${from} ${to}`)),
    begin,
  );
  return { told, teller };
}

function look(): { readonly promise: Promise<void>; readonly end: () => void } {
  let end = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { promise, end };
}

it('tells each change at once, and nothing where nothing changed', () => {
  const { told, teller } = world(at(1, 'ONLINE'));
  const gone = at(2, 'SHUNNED');
  for (let turn = 0; turn < 3; turn++) teller.now(gone);
  expect(told).toEqual(['status ONLINE SHUNNED']);
  teller.now({ ...gone, conflicts: [{ pair: '1/2', writer: key, others: [serverKey('b', 3306)], answer: 'keep' }] });
  expect(told).toEqual(['status ONLINE SHUNNED', 'conflict none conflict']);
});

it('tells what the first looks found when all of them have ended, as one change', async () => {
  const { told, teller } = world(at(1, 'ONLINE'));
  const [first, second] = [look(), look()];
  const both = [teller.afterFirst([first.promise]), teller.afterFirst([second.promise, undefined])];
  teller.now(at(2, 'SHUNNED'));
  teller.now(at(3, 'ONLINE'));
  teller.now(at(4, 'OFFLINE_SOFT'));
  first.end();
  await both[0];
  expect(told).toEqual([]);
  second.end();
  await both[1];
  expect(told).toEqual(['status ONLINE OFFLINE_SOFT']);
  teller.now(at(5, 'ONLINE'));
  expect(told).toEqual(['status ONLINE OFFLINE_SOFT', 'status OFFLINE_SOFT ONLINE']);
});

it('does not wait where there is nothing to look at', async () => {
  const { told, teller } = world(at(1, 'ONLINE'));
  const nothing = teller.afterFirst([]);
  teller.now(at(2, 'SHUNNED'));
  expect(told).toEqual(['status ONLINE SHUNNED']);
  await nothing;
});

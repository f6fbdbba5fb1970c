import { expect, it } from 'vitest';
import { hostgroupId } from '../../../src/base/ids.js';
import type { RouteFacts } from '../../../src/route/route.js';
import { FactsInterner } from '../../../src/session/facts.js';

const FACTS: RouteFacts = {
  username: 'app',
  schema: 'shop',
  defaultHostgroup: hostgroupId(1),
  clientAddress: '10.0.0.1',
  proxyAddress: '10.0.0.2',
  proxyPort: 6033,
};

it('shares equal facts and keeps apart what differs in any field', () => {
  const facts = new FactsInterner();
  const known = facts.get(FACTS);
  expect(facts.get({ ...FACTS })).toBe(known);
  const others: Partial<RouteFacts>[] = [
    { username: 'root' },
    { schema: '' },
    { defaultHostgroup: hostgroupId(2) },
    { clientAddress: '10.0.0.2' },
    { proxyAddress: '10.0.0.1' },
    { proxyPort: 6034 },
  ];
  const all = others.map((other) => facts.get({ ...FACTS, ...other }));
  expect(new Set([known, ...all]).size).toBe(others.length + 1);
  expect(facts.get(FACTS)).toBe(known);
});

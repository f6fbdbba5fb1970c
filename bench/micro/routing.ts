import { configVersion, hostgroupId } from '../../src/base/ids.js';
import type { ConfigSnapshot } from '../../src/config/snapshot.js';
import { compileRouter, type RouteFacts } from '../../src/route/router.js';
import { StatementAnalyzer } from '../../src/sql/analyzer.js';

/** Cost of a route that is remembered, and of asking ten rules. Run with `npx tsx bench/micro/routing.ts`. */
const ROUNDS = 5_000_000;

const facts = (username: string): RouteFacts => ({
  username,
  schema: 'shop',
  defaultHostgroup: hostgroupId(1),
  clientAddress: '127.0.0.1',
  proxyAddress: '127.0.0.1',
  proxyPort: 6033,
});
const rules = Array.from({ length: 10 }, (_, index) => ({
  ruleId: index + 1,
  username: null,
  schemaname: null,
  flagIn: 0,
  clientAddr: null,
  proxyAddr: null,
  proxyPort: null,
  digest: null,
  matchDigest: `^SELECT .*nothing${index}`,
  matchPattern: null,
  negateMatchPattern: false,
  modifiers: ['CASELESS'],
  flagOut: null,
  destinationHostgroup: null,
  errorMessage: null,
  okMessage: null,
  multiplex: null,
  apply: false,
  comment: null,
}));
const snapshot = {
  version: configVersion(1),
  variables: { readWriteSplit: 'auto', writerGuard: true },
  replicationHostgroups: [{ writer: hostgroupId(1), reader: hostgroupId(2), checkType: 'read_only' }],
  queryRules: rules,
  fastRouting: [],
} as unknown as ConfigSnapshot;

const analyzer = new StatementAnalyzer({ maxEntries: 100, maxDigestLength: 2048, groupingLimit: 3 });
const statement = Buffer.from('SELECT c FROM sbtest1 WHERE id=5021');
const entry = analyzer.analyse(statement, 0, statement.length, 0);
const router = compileRouter(snapshot);
const text = (): string => statement.toString();

function measure(name: string, rounds: number, run: (round: number) => unknown): void {
  for (let round = 0; round < rounds / 10; round++) run(round);
  const started = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) run(round);
  console.log(`${name.padEnd(34)} ${(Number(process.hrtime.bigint() - started) / rounds).toFixed(1).padStart(8)} ns`);
}

const one = facts('a');
const several = Array.from({ length: 8 }, (_, index) => facts(`u${index}`));
measure('remembered, same session', ROUNDS, () => router.route(entry, one, null, text));
measure('remembered, eight users in turn', ROUNDS, (round) => router.route(entry, several[round & 7]!, null, text));
measure('ten rules asked (hinted statement)', ROUNDS / 50, () => router.route(entry, one, { target: 'writer' }, text));

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configVersion, hostgroupId } from '../../../src/base/ids.js';
import { loadCnf } from '../../../src/config/cnf-loader.js';
import { parseCnf } from '../../../src/config/cnf-parser.js';
import { buildSnapshot } from '../../../src/config/snapshot-builder.js';
import { patternProblem } from '../../../src/route/pattern.js';
import { compileRouter, type RouteFacts } from '../../../src/route/router.js';
import { StatementAnalyzer } from '../../../src/sql/analyzer.js';

/** One line of rules/<set>/cases.json: where a statement of a user with default_hostgroup 1 goes. */
interface RuleSetCase {
  readonly statement: string;
  readonly username?: string;
  readonly schema?: string;
  readonly hostgroup: number;
  readonly reason: string;
}

const RULES = new URL('../../../rules/', import.meta.url);
const sets = readdirSync(RULES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

function snapshotOf(set: string) {
  const file = new URL(`${set}/rules.cnf`, RULES);
  const loaded = loadCnf(parseCnf(readFileSync(file, 'utf8'), `${set}/rules.cnf`), { checkPattern: patternProblem });
  expect(loaded.errors).toEqual([]);
  expect(loaded.warnings).toEqual([]);
  const built = buildSnapshot({
    version: configVersion(1),
    rows: loaded.rows,
    variables: loaded.variables,
    tls: null,
    rsa: { privateKey: '', publicKey: '' },
    readPem: () => '',
    checkPattern: patternProblem,
  });
  if (!built.ok) throw new Error(built.errors.join('\n'));
  return built.snapshot;
}

describe('rule sets', () => {
  for (const set of sets) {
    describe(set, () => {
      const cases = JSON.parse(readFileSync(new URL(`${set}/cases.json`, RULES), 'utf8')) as RuleSetCase[];
      const router = compileRouter(snapshotOf(set));
      const analyzer = new StatementAnalyzer({ maxEntries: 1000, maxDigestLength: 2048, groupingLimit: 3 });
      for (const one of cases) {
        it(`${one.username ?? ''}@${one.schema ?? ''} ${one.statement}`, () => {
          const facts: RouteFacts = {
            username: one.username ?? 'app',
            schema: one.schema ?? '',
            defaultHostgroup: hostgroupId(1),
            clientAddress: '127.0.0.1',
            proxyAddress: '127.0.0.1',
            proxyPort: 6033,
          };
          const bytes = Buffer.from(one.statement);
          const entry = analyzer.analyse(bytes, 0, bytes.length, 0);
          const route = router.route(entry, facts, analyzer.hint, () => one.statement);
          expect({ hostgroup: route.hostgroup, reason: route.reason }).toEqual({ hostgroup: one.hostgroup, reason: one.reason });
        });
      }
    });
  }
});

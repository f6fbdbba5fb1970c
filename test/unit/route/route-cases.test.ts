import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configVersion, hostgroupId } from '../../../src/base/ids.js';
import type { ConfigSnapshot, QueryRuleConfig } from '../../../src/config/snapshot.js';
import { compileRouter, type RouteFacts } from '../../../src/route/router.js';
import { StatementAnalyzer } from '../../../src/sql/analyzer.js';

/** A file of test/cases/route: a configuration, and statements with where they go. Fields of rules that are left out are null. */
interface RouteCases {
  readonly about: string;
  readonly pairs: readonly { readonly writer: number; readonly reader: number }[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly rules: readonly Partial<QueryRuleConfig>[];
  readonly cases: readonly {
    readonly username?: string;
    readonly statement: string;
    readonly hostgroup: number;
    readonly reason: string;
    readonly errorMessage?: string;
  }[];
}

const FOLDER = new URL('../../cases/route/', import.meta.url);
const EMPTY_RULE = {
  username: null,
  schemaname: null,
  flagIn: 0,
  clientAddr: null,
  proxyAddr: null,
  proxyPort: null,
  digest: null,
  matchDigest: null,
};
const EMPTY_ACTION = {
  matchPattern: null,
  negateMatchPattern: false,
  modifiers: ['CASELESS'],
  flagOut: null,
  destinationHostgroup: null,
  errorMessage: null,
  okMessage: null,
};

for (const file of readdirSync(FOLDER)) {
  const { about, pairs, variables, rules, cases } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as RouteCases;
  describe(`${file}: ${about}`, () => {
    const router = compileRouter({
      version: configVersion(1),
      variables: { readWriteSplit: 'auto', writerGuard: true, ...variables },
      replicationHostgroups: pairs.map((pair) => ({ ...pair, checkType: 'read_only' })),
      fastRouting: [],
      queryRules: rules.map((rule) => ({ ...EMPTY_RULE, ...EMPTY_ACTION, multiplex: null, apply: false, comment: null, ...rule })),
    } as unknown as ConfigSnapshot);
    const analyzer = new StatementAnalyzer({ maxEntries: 100, maxDigestLength: 2048, groupingLimit: 3 });
    for (const one of cases) {
      it(`${one.username ?? 'app'}: ${one.statement}`, () => {
        const facts: RouteFacts = {
          username: one.username ?? 'app',
          schema: '',
          defaultHostgroup: hostgroupId(1),
          clientAddress: '127.0.0.1',
          proxyAddress: '127.0.0.1',
          proxyPort: 6033,
        };
        const bytes = Buffer.from(one.statement);
        const entry = analyzer.analyse(bytes, 0, bytes.length, 0);
        const { hostgroup, reason, errorMessage } = router.route(entry, facts, analyzer.hint, () => one.statement);
        expect({ hostgroup, reason, errorMessage }).toEqual({
          hostgroup: one.hostgroup,
          reason: one.reason,
          errorMessage: one.errorMessage ?? null,
        });
      });
    }
  });
}

import { describe, expect, it } from 'vitest';
import { configVersion, hostgroupId } from '../../../src/base/ids.js';
import type { DataPlaneVariables } from '../../../src/config/data-plane-variables.js';
import type { ConfigSnapshot, FastRoutingConfig, QueryRuleConfig } from '../../../src/config/snapshot.js';
import { compileRouter, type Route, type RouteFacts, type Router, RuleError } from '../../../src/route/router.js';
import { StatementAnalyzer } from '../../../src/sql/analyzer.js';

const rule = (ruleId: number, fields: Partial<QueryRuleConfig>): QueryRuleConfig => ({
  ruleId,
  username: null,
  schemaname: null,
  flagIn: 0,
  clientAddr: null,
  proxyAddr: null,
  proxyPort: null,
  digest: null,
  matchDigest: null,
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
  ...fields,
});

function routerOf(
  queryRules: readonly QueryRuleConfig[],
  variables: Partial<DataPlaneVariables> = {},
  fastRouting: readonly FastRoutingConfig[] = [],
): Router {
  const snapshot = {
    version: configVersion(1),
    variables: { readWriteSplit: 'auto', writerGuard: true, ...variables },
    replicationHostgroups: [
      { writer: hostgroupId(1), reader: hostgroupId(2), checkType: 'read_only' },
      { writer: hostgroupId(11), reader: hostgroupId(12), checkType: 'read_only' },
    ],
    queryRules,
    fastRouting,
  };
  return compileRouter(snapshot as unknown as ConfigSnapshot);
}

const facts = (fields: Partial<RouteFacts> = {}): RouteFacts => ({
  username: 'app',
  schema: 'shop',
  defaultHostgroup: hostgroupId(1),
  clientAddress: '10.0.0.7',
  proxyAddress: '10.0.0.1',
  proxyPort: 6033,
  ...fields,
});

const analyzer = new StatementAnalyzer({ maxEntries: 1000, maxDigestLength: 2048, groupingLimit: 3 });
function route(router: Router, statement: string, who: RouteFacts = facts()): Route {
  const bytes = Buffer.from(statement);
  return router.route(analyzer.analyse(bytes, 0, bytes.length, 0), who, analyzer.hint, () => statement);
}
const where = ({ hostgroup, reason, guarded, isReader }: Route) => ({ hostgroup: Number(hostgroup), reason, guarded, isReader });
const hg = hostgroupId;

describe('split and guard', () => {
  it('sends proven reads to the reader of the pair of the default hostgroup', () => {
    const router = routerOf([]);
    expect(where(route(router, 'SELECT 1'))).toEqual({ hostgroup: 2, reason: 'split', guarded: false, isReader: true });
    expect(route(router, 'SELECT 1').writerHostgroup).toBe(1);
    expect(where(route(router, 'SELECT 1', facts({ defaultHostgroup: hg(11) })))).toMatchObject({ hostgroup: 12, reason: 'split' });
    expect(where(route(router, 'DELETE FROM t'))).toEqual({ hostgroup: 1, reason: 'default', guarded: false, isReader: false });
    expect(where(route(router, 'SHOW PROCESSLIST'))).toMatchObject({ hostgroup: 1, reason: 'default' });
    expect(where(route(router, 'START TRANSACTION READ ONLY'))).toMatchObject({ hostgroup: 2, reason: 'split' });
  });

  it('does not split a hostgroup without a pair, nor when it is off', () => {
    expect(where(route(routerOf([]), 'SELECT 1', facts({ defaultHostgroup: hg(5) })))).toMatchObject({ hostgroup: 5, reason: 'default' });
    expect(where(route(routerOf([], { readWriteSplit: 'off' }), 'SELECT 1'))).toMatchObject({ hostgroup: 1, reason: 'default' });
  });

  it('guards a user whose default hostgroup is a reader', () => {
    const who = facts({ defaultHostgroup: hg(2) });
    expect(where(route(routerOf([]), 'SELECT 1', who))).toEqual({ hostgroup: 2, reason: 'default', guarded: false, isReader: true });
    expect(where(route(routerOf([]), 'DELETE FROM t', who))).toEqual({ hostgroup: 1, reason: 'guard', guarded: true, isReader: false });
    expect(where(route(routerOf([], { writerGuard: false }), 'DELETE FROM t', who))).toMatchObject({ hostgroup: 2, guarded: false });
  });
});

describe('hints', () => {
  it('win over rules and are guarded', () => {
    const router = routerOf([rule(1, { destinationHostgroup: hg(7), apply: true })]);
    expect(where(route(router, 'SELECT 1'))).toMatchObject({ hostgroup: 7, reason: 'rule' });
    expect(where(route(router, '/* hostgroup=2 */ SELECT 1'))).toMatchObject({ hostgroup: 2, reason: 'hint' });
    expect(where(route(router, '/* hostgroup=2 */ DELETE FROM t'))).toMatchObject({ hostgroup: 1, reason: 'guard' });
    expect(where(route(router, '/* weir:writer */ SELECT 1'))).toMatchObject({ hostgroup: 1, reason: 'hint' });
    expect(where(route(router, '/* weir:reader */ SELECT 1', facts({ defaultHostgroup: hg(12) })))).toMatchObject({
      hostgroup: 12,
      reason: 'hint',
    });
    expect(where(route(router, '/* weir:reader */ SELECT 1', facts({ defaultHostgroup: hg(5) })))).toMatchObject({
      hostgroup: 7,
      reason: 'rule',
    });
  });

  it('do not stay with the digest', () => {
    const router = routerOf([]);
    const who = facts();
    expect(route(router, '/* weir:writer */ SELECT 1', who).hostgroup).toBe(1);
    expect(route(router, 'SELECT 1', who).hostgroup).toBe(2);
    expect(route(router, '/* weir:writer */ SELECT 1', who).hostgroup).toBe(1);
  });

  it('do not get around error_msg', () => {
    const router = routerOf([rule(1, { matchDigest: '^DROP', errorMessage: 'no' })]);
    expect(route(router, '/* weir:writer */ DROP TABLE t').errorMessage).toBe('no');
  });
});

describe('rules', () => {
  const conditions: readonly (readonly [string, Partial<QueryRuleConfig>, boolean])[] = [
    ['username', { username: 'app' }, true],
    ['another username', { username: 'App' }, false],
    ['schemaname', { schemaname: 'shop' }, true],
    ['another schemaname', { schemaname: 'other' }, false],
    ['client_addr', { clientAddr: '10.0.0.7' }, true],
    ['client_addr with %', { clientAddr: '10.0.%' }, true],
    ['client_addr %', { clientAddr: '%' }, true],
    ['another client_addr', { clientAddr: '10.1.%' }, false],
    ['client_addr dots are dots', { clientAddr: '10x0.%' }, false],
    ['proxy_addr', { proxyAddr: '10.0.0.1' }, true],
    ['another proxy_addr', { proxyAddr: '10.0.0.2' }, false],
    ['proxy_port', { proxyPort: 6033 }, true],
    ['another proxy_port', { proxyPort: 6034 }, false],
    ['match_digest', { matchDigest: 'id=\\?' }, true],
    ['match_digest sees no literals', { matchDigest: '42' }, false],
    ['match_pattern sees literals', { matchPattern: '42' }, true],
    ['negated match_digest', { matchDigest: '^UPDATE', negateMatchPattern: true }, true],
    ['negated match_pattern', { matchPattern: '42', negateMatchPattern: true }, false],
    ['no CASELESS', { matchDigest: '^select', modifiers: [] }, false],
    ['flagIN 1', { flagIn: 1 }, false],
    ['all at once', { username: 'app', schemaname: 'shop', matchDigest: '^SELECT', matchPattern: '42' }, true],
  ];
  for (const [name, fields, matched] of conditions) {
    it(name, () => {
      const router = routerOf([rule(1, { ...fields, destinationHostgroup: hg(7), apply: true })]);
      expect(route(router, 'SELECT a FROM t WHERE id=42').reason).toBe(matched ? 'rule' : 'split');
    });
  }

  it('match a digest in any case', () => {
    const bytes = Buffer.from('SELECT a FROM t WHERE id=42');
    const { digest } = analyzer.analyse(bytes, 0, bytes.length, 0);
    const router = routerOf([rule(1, { digest: digest.toLowerCase(), destinationHostgroup: hg(7), apply: true })]);
    expect(route(router, 'SELECT a FROM t WHERE id=1').hostgroup).toBe(7);
    expect(route(router, 'SELECT b FROM t WHERE id=1').hostgroup).toBe(2);
  });

  it('are asked in rule_id order until one applies; a later destination wins', () => {
    const router = routerOf([
      rule(30, { destinationHostgroup: hg(9), apply: true }),
      rule(10, { destinationHostgroup: hg(7) }),
      rule(20, { destinationHostgroup: hg(8), apply: true, multiplex: 0 }),
    ]);
    expect(route(router, 'SELECT 1')).toMatchObject({ hostgroup: 8, ruleId: 20, multiplex: 0, matchedRules: [10, 20] });
  });

  it('follow flagOUT to rules with that flagIN', () => {
    const router = routerOf([
      rule(1, { username: 'app', flagOut: 5 }),
      rule(2, { destinationHostgroup: hg(7), apply: true }),
      rule(3, { flagIn: 5, matchDigest: '^SELECT', destinationHostgroup: hg(8), apply: true }),
    ]);
    expect(route(router, 'SELECT 1')).toMatchObject({ hostgroup: 8, matchedRules: [1, 3] });
    expect(route(router, 'SELECT 1', facts({ username: 'x' }))).toMatchObject({ hostgroup: 7, matchedRules: [2] });
    expect(route(router, 'DELETE FROM t')).toMatchObject({ hostgroup: 1, reason: 'default', matchedRules: [1] });
  });

  it('carry an error message and stop there', () => {
    const router = routerOf([rule(1, { matchDigest: '^TRUNCATE', errorMessage: 'not here' }), rule(2, { destinationHostgroup: hg(7) })]);
    expect(route(router, 'TRUNCATE t')).toMatchObject({ errorMessage: 'not here', ruleId: 1, matchedRules: [1] });
    expect(route(router, 'SELECT 1').errorMessage).toBeNull();
  });

  it('that can not be compiled name themselves', () => {
    expect(() => routerOf([rule(12, { matchPattern: 'a++' })])).toThrow(RuleError);
    expect(() => routerOf([rule(12, { matchPattern: '(' })])).toThrow(/query rule 12: match_pattern: /);
  });
});

describe('cache', () => {
  it('answers the same object for the same digest, facts and router', () => {
    const router = routerOf([]);
    const [one, two] = [facts(), facts({ schema: 'other' })];
    const first = route(router, 'SELECT 1', one);
    expect(route(router, 'SELECT 2', one)).toBe(first);
    const second = route(router, 'SELECT 3', two);
    expect(route(router, 'SELECT 4', one)).toBe(first);
    expect(route(router, 'SELECT 5', two)).toBe(second);
  });

  it('belongs to one router', () => {
    const who = facts();
    expect(route(routerOf([]), 'SELECT 1', who).hostgroup).toBe(2);
    expect(route(routerOf([], { readWriteSplit: 'off' }), 'SELECT 1', who).hostgroup).toBe(1);
  });

  it('is not used when a rule looks at the text', () => {
    const router = routerOf([rule(1, { matchPattern: 'id=42', destinationHostgroup: hg(7), apply: true })]);
    const who = facts();
    expect(route(router, 'SELECT 1 WHERE id=42', who).hostgroup).toBe(7);
    expect(route(router, 'SELECT 1 WHERE id=43', who).hostgroup).toBe(2);
    expect(route(router, 'SELECT 1 WHERE id=42', who).hostgroup).toBe(7);
  });

  it('holds a bounded number of facts', () => {
    const router = routerOf([]);
    for (let index = 0; index < 1000; index++) route(router, 'SELECT bounded', facts({ username: `u${index}` }));
    expect(route(router, 'SELECT bounded', facts()).hostgroup).toBe(2);
  });
});

describe('explain', () => {
  it('tells each step', () => {
    const router = routerOf([
      rule(1, { username: 'other' }),
      rule(2, { matchDigest: '^SELECT', destinationHostgroup: hg(2), apply: true }),
    ]);
    const statement = 'SELECT 1 FOR UPDATE';
    const entry = analyzer.analyse(Buffer.from(statement), 0, statement.length, 0);
    const { route: decided, steps } = router.explain(entry, facts(), null, () => statement);
    expect(steps).toEqual([
      { what: 'rule 1', matched: false, why: 'another username' },
      { what: 'rule 2', matched: true, why: 'destination hostgroup 2, apply' },
      { what: 'guard', matched: true, why: 'locking-read FOR UPDATE: hostgroup 1 instead of reader 2' },
    ]);
    expect(decided.hostgroup).toBe(1);
  });
});

describe('fast routing', () => {
  const fast = [
    { username: 'app', schemaname: 'shop', flagIn: 0, destination: hg(7) },
    { username: '', schemaname: 'shop', flagIn: 0, destination: hg(8) },
    { username: 'app', schemaname: 'shop', flagIn: 5, destination: hg(2) },
  ];
  const by = (rules: readonly QueryRuleConfig[]) => routerOf(rules, {}, fast);

  it('is asked by user and schema when no rule has named a hostgroup', () => {
    expect(where(route(by([]), 'SELECT 1'))).toMatchObject({ hostgroup: 7, reason: 'rule' });
    expect(route(by([]), 'SELECT 1').ruleId).toBeNull();
    expect(where(route(by([]), 'SELECT 1', facts({ username: 'other' })))).toMatchObject({ hostgroup: 8, reason: 'rule' });
    expect(where(route(by([]), 'SELECT 1', facts({ schema: 'none' })))).toMatchObject({ hostgroup: 2, reason: 'split' });
    const named = by([rule(1, { destinationHostgroup: hg(9), apply: true })]);
    expect(where(route(named, 'SELECT 1'))).toMatchObject({ hostgroup: 9 });
  });

  it('is asked with the flag that the rules have left, and is guarded', () => {
    const flagged = by([rule(1, { flagOut: 5 })]);
    expect(where(route(flagged, 'SELECT 1'))).toMatchObject({ hostgroup: 2, reason: 'rule', guarded: false });
    expect(where(route(flagged, 'DELETE FROM t'))).toMatchObject({ hostgroup: 1, reason: 'guard', guarded: true });
    expect(where(route(flagged, 'SELECT 1', facts({ username: 'other' })))).toMatchObject({ hostgroup: 2, reason: 'split' });
    expect(where(route(by([]), '/* hostgroup=3 */ SELECT 1'))).toMatchObject({ hostgroup: 3, reason: 'hint' });
  });
});

describe('OK_msg', () => {
  it('ends the rules and answers', () => {
    const router = routerOf([rule(1, { matchDigest: '^SET', okMessage: 'kept out' }), rule(2, { destinationHostgroup: hg(9) })]);
    expect(route(router, 'SET x = 1')).toMatchObject({ okMessage: 'kept out', ruleId: 1, matchedRules: [1], errorMessage: null });
    expect(route(router, 'SELECT 1')).toMatchObject({ okMessage: null, ruleId: 2 });
  });
});

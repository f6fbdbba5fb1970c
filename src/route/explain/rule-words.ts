import type { QueryRuleConfig } from '../../config/snapshot.js';

/** What a rule asks for, by the names of its columns. */
export function ruleWords(rule: QueryRuleConfig): string {
  const negated = rule.negateMatchPattern ? 'not ' : '';
  const criteria: readonly (readonly [name: string, value: string | number | null])[] = [
    ['flagIN', rule.flagIn === 0 ? null : rule.flagIn],
    ['username', rule.username],
    ['schemaname', rule.schemaname],
    ['client_addr', rule.clientAddr],
    ['proxy_addr', rule.proxyAddr],
    ['proxy_port', rule.proxyPort],
    ['digest', rule.digest],
    [`${negated}match_digest`, rule.matchDigest],
    [`${negated}match_pattern`, rule.matchPattern],
  ];
  const words = criteria.filter(([, value]) => value !== null).map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? 'asks for nothing' : words.join(', ');
}

import type { QueryRuleConfig } from '../config/snapshot.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import { compilePattern } from './pattern.js';
import type { RouteFacts } from './route.js';

/** A rule can not be compiled; the message names the rule. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
  constructor(
    readonly ruleId: number,
    readonly field: string,
    cause: unknown,
  ) {
    super(`query rule ${ruleId}: ${field}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** One query rule, ready to be asked. */
export interface CompiledRule {
  readonly config: QueryRuleConfig;
  readonly clientAddress: RegExp | null;
  readonly matchDigest: RegExp | null;
  readonly matchPattern: RegExp | null;
}

/** @throws RuleError when a regular expression can not be used */
export function compileRule(config: QueryRuleConfig): CompiledRule {
  return {
    config,
    clientAddress: config.clientAddr === null || !config.clientAddr.includes('%') ? null : wildcard(config.clientAddr),
    matchDigest: compileField(config, 'match_digest', config.matchDigest),
    matchPattern: compileField(config, 'match_pattern', config.matchPattern),
  };
}

function compileField(config: QueryRuleConfig, field: string, pattern: string | null): RegExp | null {
  if (pattern === null) return null;
  try {
    return compilePattern(pattern, config.modifiers);
  } catch (cause) {
    throw new RuleError(config.ruleId, field, cause);
  }
}

/** `%` stands for any characters, as in the hosts of accounts. */
function wildcard(address: string): RegExp {
  const parts = address.split('%').map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

/**
 * Why the rule does not match, or null when it does. The text is asked for last and only by rules with match_pattern.
 * Order and meaning as in ProxySQL; negate_match_pattern turns both patterns round.
 */
export function mismatch(rule: CompiledRule, flagIn: number, entry: DigestEntry, facts: RouteFacts, text: () => string): string | null {
  const { config } = rule;
  if (config.flagIn !== flagIn) return `flagIN ${config.flagIn} is not ${flagIn}`;
  if (config.username !== null && config.username !== facts.username) return 'another username';
  if (config.schemaname !== null && config.schemaname !== facts.schema) return 'another schemaname';
  if (!matchesClient(rule, facts.clientAddress)) return 'another client_addr';
  if (config.proxyAddr !== null && config.proxyAddr !== facts.proxyAddress) return 'another proxy_addr';
  if (config.proxyPort !== null && config.proxyPort !== facts.proxyPort) return 'another proxy_port';
  if (config.digest !== null && config.digest.toLowerCase() !== entry.digest.toLowerCase()) return 'another digest';
  if (rule.matchDigest !== null && rule.matchDigest.test(entry.digestText) === config.negateMatchPattern)
    return mismatchOf(config, 'match_digest');
  if (rule.matchPattern !== null && rule.matchPattern.test(text()) === config.negateMatchPattern)
    return mismatchOf(config, 'match_pattern');
  return null;
}

function matchesClient(rule: CompiledRule, address: string): boolean {
  if (rule.clientAddress !== null) return rule.clientAddress.test(address);
  return rule.config.clientAddr === null || rule.config.clientAddr === address;
}

function mismatchOf(config: QueryRuleConfig, field: string): string {
  return config.negateMatchPattern ? `${field} matches and is negated` : `${field} does not match`;
}

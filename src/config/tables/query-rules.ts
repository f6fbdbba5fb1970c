import { defineTable, flagColumn, integerColumn, jsonColumn, textColumn } from '../table-types.js';

const nullableText = (name: string) => textColumn(name, { nullable: true });
const unsigned = { type: 'INT UNSIGNED', nullable: true } as const;

export const mysqlQueryRules = defineTable({
  name: 'mysql_query_rules',
  module: 'MYSQL QUERY RULES',
  implemented: true,
  doc: 'What is done with which statements, in the order of rule_id.',
  keptColumns: [
    'replace_pattern',
    'cache_ttl',
    'cache_empty_result',
    'cache_timeout',
    'reconnect',
    'timeout',
    'retries',
    'delay',
    'next_query_flagIN',
    'mirror_flagOUT',
    'mirror_hostgroup',
    'sticky_conn',
    'gtid_from_hostgroup',
    'log',
    'attributes',
  ],
  // In weir a session keeps its connection only while something proves that it must: there is nothing to lift.
  keptValues: { multiplex: [1, 2] },
  // ProxySQL reads a rule of the file as active unless it says otherwise, unlike the table.
  fileDefaults: { active: 1 },
  columns: [
    integerColumn('rule_id', { type: 'INTEGER', key: 'primary autoincrement', min: 0 }),
    flagColumn('active', { default: 0 }),
    nullableText('username'),
    nullableText('schemaname'),
    integerColumn('flagIN', { default: 0, min: 0, check: 'flagIN >= 0' }),
    nullableText('client_addr'),
    nullableText('proxy_addr'),
    integerColumn('proxy_port', { nullable: true, min: 0, max: 65535, check: 'proxy_port >= 0 AND proxy_port <= 65535' }),
    nullableText('digest'),
    nullableText('match_digest'),
    nullableText('match_pattern'),
    flagColumn('negate_match_pattern', { default: 0 }),
    textColumn('re_modifiers', { nullable: true, default: 'CASELESS' }),
    integerColumn('flagOUT', { nullable: true, min: 0, check: 'flagOUT >= 0' }),
    textColumn('replace_pattern', {
      nullable: true,
      check: 'CASE WHEN replace_pattern IS NULL THEN 1 WHEN replace_pattern IS NOT NULL AND match_pattern IS NOT NULL THEN 1 ELSE 0 END',
    }),
    integerColumn('destination_hostgroup', { nullable: true, default: null, min: 0 }),
    integerColumn('cache_ttl', { nullable: true, min: 1, check: 'cache_ttl > 0' }),
    flagColumn('cache_empty_result', { nullable: true, default: null }),
    integerColumn('cache_timeout', { nullable: true, min: 0, check: 'cache_timeout >= 0' }),
    flagColumn('reconnect', { nullable: true, default: null }),
    integerColumn('timeout', { ...unsigned, min: 0, check: 'timeout >= 0' }),
    integerColumn('retries', { nullable: true, min: 0, max: 1000, check: 'retries>=0 AND retries <=1000' }),
    integerColumn('delay', { ...unsigned, min: 0, check: 'delay >=0' }),
    integerColumn('next_query_flagIN', unsigned),
    integerColumn('mirror_flagOUT', unsigned),
    integerColumn('mirror_hostgroup', unsigned),
    nullableText('error_msg'),
    nullableText('OK_msg'),
    flagColumn('sticky_conn', { nullable: true }),
    integerColumn('multiplex', { nullable: true, values: [0, 1, 2], check: 'multiplex IN (0,1,2)' }),
    integerColumn('gtid_from_hostgroup', unsigned),
    flagColumn('log', { nullable: true }),
    flagColumn('apply', { default: 0 }),
    jsonColumn('attributes'),
    nullableText('comment'),
  ],
  rules: [
    {
      column: 'replace_pattern',
      accepted: 'a replace_pattern only together with a match_pattern',
      holds: (row) => row['replace_pattern'] === null || row['match_pattern'] !== null,
    },
    {
      column: 'client_addr',
      accepted: 'an address, with % for any characters: 10.0.% (no subnets)',
      holds: (row) => /^(?:localhost|[\da-f.:%]*)$/i.test(String(row['client_addr'] ?? '')),
    },
    {
      column: 're_modifiers',
      accepted: 'CASELESS and GLOBAL, separated by commas',
      holds: (row) => modifiersOf(row['re_modifiers']).every((modifier) => ruleModifiers.includes(modifier)),
    },
  ],
});

export const ruleModifiers: readonly string[] = ['CASELESS', 'GLOBAL'];

/** The names in a `re_modifiers` text, in capitals; null and '' have none. */
export function modifiersOf(text: string | number | null | undefined): string[] {
  return String(text ?? '')
    .split(',')
    .map((part) => part.trim().toUpperCase())
    .filter((part) => part !== '');
}

export const mysqlQueryRulesFastRouting = defineTable({
  name: 'mysql_query_rules_fast_routing',
  module: 'MYSQL QUERY RULES',
  implemented: true,
  doc: 'Destinations by user and schema, asked when no rule has named a hostgroup; an empty username is every user.',
  columns: [
    textColumn('username'),
    textColumn('schemaname'),
    integerColumn('flagIN', { default: 0 }),
    integerColumn('destination_hostgroup', { min: 0, check: 'destination_hostgroup >= 0' }),
    textColumn('comment'),
  ],
  fileDefaults: { comment: '' },
  primaryKey: ['username', 'schemaname', 'flagIN'],
});

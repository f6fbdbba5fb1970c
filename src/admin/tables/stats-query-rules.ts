import { virtualTable } from './virtual-table.js';

/** How often each rule that runs has matched since the rules were loaded. */
export const statsQueryRules = virtualTable(
  'stats',
  'stats_mysql_query_rules',
  ['rule_id INTEGER PRIMARY KEY, hits INT NOT NULL'],
  async ({ control, runtime }) => {
    const { version, hits } = (await control.statistics.snapshot()).rules;
    const counted = version === runtime.snapshot.rulesVersion ? hits : {};
    return runtime.snapshot.queryRules.map(({ ruleId }) => [ruleId, counted[ruleId] ?? 0]);
  },
);

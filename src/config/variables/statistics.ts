import { bool, days, defineVariables, int } from '../variable-types.js';

/** The variables of ProxySQL that say what is counted and shown. */
export const statisticsVariableRecords = defineVariables('mysql', true, [
  ['query_digests', bool, 'true', 'Collects statistics by digest.'],
  ['query_digests_max_digest_length', int(16, 1024 ** 2), '2048', 'Length at which a digest text is cut.', { unit: 'bytes' }],
  [
    'query_digests_grouping_limit',
    int(1, 2089),
    '3',
    'Values of a list that a digest text shows; digests with longer lists are the same one. A change begins new digests.',
  ],
  ['query_digests_groups_grouping_limit', int(0, 2089), '10', 'Lists of values that a digest text shows, as rows of an INSERT; 0 is 1.'],
  ['query_digests_track_hostname', bool, 'false', 'Keeps the digests of client addresses apart.'],
  ['commands_stats', bool, 'true', 'Counts statements by command, with their latencies.'],
  ['long_query_time', int(0, days(20)), '1000', 'Run time above which a statement counts in Slow_queries.', { unit: 'ms' }],
  ['session_idle_show_processlist', bool, 'true', 'Lists idle sessions in the process list.'],
  [
    'show_processlist_extended',
    int(0, 2),
    '0',
    'Fills extended_info of the process list with JSON: 1 in one line, 2 indented, 0 not at all.',
  ],
]);

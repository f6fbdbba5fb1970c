import type { DataPlaneVariables } from '../config/data-plane-variables.js';
import type { AnalyzerOptions } from '../sql/analyzer.js';

/** mysql-query_digests_grouping_limit of ProxySQL. */
const GROUPING_LIMIT = 3;
const MAX_DIGEST_LENGTH = 2_048;

/** How statements are analysed by this configuration, in workers and for EXPLAIN ROUTE alike. */
export function analyzerOptions(variables: DataPlaneVariables): AnalyzerOptions {
  return { maxEntries: variables.queryDigestsMaxEntries, maxDigestLength: MAX_DIGEST_LENGTH, groupingLimit: GROUPING_LIMIT };
}

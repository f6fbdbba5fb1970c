import type { DataPlaneVariables } from '../config/data-plane-variables.js';
import type { AnalyzerOptions } from '../sql/analyzer.js';

/** How statements are analysed by this configuration, in workers and for EXPLAIN ROUTE alike. */
export function analyzerOptions(variables: DataPlaneVariables): AnalyzerOptions {
  return {
    maxEntries: variables.queryDigestsMaxEntries,
    maxDigestLength: variables.queryDigestsMaxDigestLength,
    groupingLimit: variables.queryDigestsGroupingLimit,
    groupsGroupingLimit: variables.queryDigestsGroupsGroupingLimit,
  };
}

/** One row of EXPLAIN ROUTE. */
export interface ExplainRow {
  /** `digest`, `reason`, `rule 10`, `server db1:3306`, … */
  readonly step: string;
  /** In a word or two. */
  readonly result: string;
  /** Why, or more of it; '' for nothing. */
  readonly detail: string;
}

export const row = (step: string, result: string, detail = ''): ExplainRow => ({ step, result, detail });

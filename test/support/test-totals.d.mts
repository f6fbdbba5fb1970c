export interface FileResult {
  readonly name: string;
  readonly status: 'passed' | 'failed';
  readonly startTime: number;
  readonly endTime: number;
  readonly assertionResults: readonly { readonly status: string }[];
}
export declare function withFilesOf(results: readonly FileResult[], again: readonly FileResult[]): FileResult[];
export declare function totalsOf(results: readonly FileResult[]): { readonly passed: number; readonly failed: number };
export declare function pausedFiles(
  results: readonly FileResult[],
  longestPauseMs: (fromMs: number, untilMs: number) => number,
): { readonly name: string; readonly pauseMs: number }[];

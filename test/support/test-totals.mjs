// What a run of vitest came to, by its JSON report.

/** More than these have not failed for a pause. */
const MOST_PAUSED_FILES = 5;
/** beforeAll is not within the time that the report gives for a file. */
const SETUP_MS = 60_000;

/** The files of `results`, with those of `again` in the place of what they were. */
export function withFilesOf(results, again) {
  const files = new Map([...results, ...again].map((file) => [file.name, file]));
  return [...files.values()];
}

/** @returns passed and failed tests; a file that can not be loaded, or whose beforeAll fails, counts as one that failed. */
export function totalsOf(results) {
  let passed = 0;
  let failed = 0;
  for (const file of results) {
    const failedTests = file.assertionResults.filter((test) => test.status === 'failed').length;
    passed += file.assertionResults.filter((test) => test.status === 'passed').length;
    failed += file.status === 'failed' ? Math.max(1, failedTests) : failedTests;
  }
  return { passed, failed };
}

/**
 * Files that failed while the machine paused, longer than limits in time allow for: that says nothing. None where any file failed without.
 * @param longestPauseMs the longest pause between two times, ms since 1970
 */
export function pausedFiles(results, longestPauseMs) {
  const failed = results.filter((file) => file.status === 'failed');
  const paused = failed
    .map((file) => ({ name: file.name, pauseMs: longestPauseMs(file.startTime - SETUP_MS, file.endTime) }))
    .filter(({ pauseMs }) => pauseMs > 0);
  return paused.length === failed.length && paused.length <= MOST_PAUSED_FILES ? paused : [];
}

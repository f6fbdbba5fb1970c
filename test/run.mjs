// `npm test`: everything, on a bare clone too. The last line is `N passed, N failed`; the exit code says the same.
// Arguments go to vitest, e.g. `npm test -- test/unit/sql`; then lint and type check are left out.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureBuild, ensureDependencies, requireNode, run } from './support/bootstrap.mjs';

requireNode();
const filters = process.argv.slice(2);
const totals = { passed: 0, failed: 0 };

if (step('dependencies', () => ensureDependencies(tell))) {
  const isBuilt = step('build', () => ensureBuild({ fresh: true }, tell));
  if (filters.length === 0) {
    step('lint', () => npx('biome', 'check', '--error-on-warnings', 'src', 'test', 'bench'));
    // The build has checked src already; when it failed, one report is enough.
    if (isBuilt) step('types', () => npx('tsc', '-p', 'tsconfig.check.json'));
  }
  runTests();
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;

/** A step that counts only when it fails: the figures are those of tests. */
function step(name, work) {
  const isFine = work();
  if (!isFine) {
    totals.failed += 1;
    console.error(`FAILED: ${name}`);
  }
  return isFine;
}

function runTests() {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'weir-test-'));
  try {
    const report = path.join(scratch, 'report.json');
    tell('testing (vitest) …');
    const isFine = npx('vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters);
    count(report, isFine);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function count(report, isFine) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    totals.failed += 1;
    console.error('FAILED: vitest ended without a report');
    return;
  }
  totals.passed += results.numPassedTests;
  const before = totals.failed;
  totals.failed += results.numFailedTests;
  // A file that can not be loaded, or whose beforeAll fails, has no failed test of its own.
  for (const file of results.testResults) {
    const hasFailedTest = file.assertionResults.some((test) => test.status === 'failed');
    if (file.status === 'failed' && !hasFailedTest) totals.failed += 1;
  }
  // Errors outside any test (an unhandled rejection, the global setup) show in the exit code alone.
  if (!isFine && totals.failed === before) totals.failed += 1;
}

function npx(...command) {
  return run('npx', ['--no-install', ...command]);
}

function tell(text) {
  console.error(text);
}

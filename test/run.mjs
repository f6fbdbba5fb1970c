// `npm test`: everything, on a bare clone too. The last line is `N passed, N failed`; the exit code says the same.
// Arguments go to vitest, e.g. `npm test -- test/unit/sql`; then lint and type check are left out.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureBuild, ensureDependencies, REPOSITORY, requireNode, run } from './support/bootstrap.mjs';
import { PauseWatch } from './support/pauses.mjs';
import { pausedFiles, totalsOf, withFilesOf } from './support/test-totals.mjs';

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
  await runTests();
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

async function runTests() {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'weir-test-'));
  const pauses = new PauseWatch();
  try {
    tell('testing (vitest) …');
    let { results, isFine, unhandled } = await vitest(path.join(scratch, 'report.json'), filters);
    // Options of vitest may choose single tests: those who give them look for themselves.
    const triesAgain = results !== null && unhandled === 0 && !filters.some((filter) => filter.startsWith('-'));
    const paused = triesAgain ? pausedFiles(results, (fromMs, untilMs) => pauses.longestMs(fromMs, untilMs)) : [];
    if (paused.length > 0) {
      for (const { name, pauseMs } of paused) tell(`the machine paused for ${Math.round(pauseMs)} ms, testing again: ${name}`);
      const again = await vitest(
        path.join(scratch, 'again.json'),
        paused.map(({ name }) => path.relative(REPOSITORY, name)),
      );
      results = again.results && withFilesOf(results, again.results);
      isFine = again.isFine;
    }
    count(results, isFine);
  } finally {
    pauses.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Results of null: it ended without a report. `unhandled`: errors outside any test. */
async function vitest(report, files) {
  const reporters = ['default', 'json', './test/support/unhandled-reporter.mjs'].map((name) => `--reporter=${name}`);
  const args = ['run', ...reporters, `--outputFile.json=${report}`, ...files];
  const unhandledFile = `${report}.unhandled`;
  const env = { ...process.env, WEIR_TEST_UNHANDLED: unhandledFile };
  const child = spawn('npx', ['--no-install', 'vitest', ...args], { cwd: REPOSITORY, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const isFine = await new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
  try {
    const unhandled = Number(readFileSync(unhandledFile, 'utf8'));
    return { results: JSON.parse(readFileSync(report, 'utf8')).testResults, isFine, unhandled };
  } catch {
    return { results: null, isFine: false, unhandled: 0 };
  }
}

function count(results, isFine) {
  if (results === null) {
    totals.failed += 1;
    console.error('FAILED: vitest ended without a report');
    return;
  }
  const { passed, failed } = totalsOf(results);
  totals.passed += passed;
  // Errors outside any test (an unhandled rejection, the global setup) show in the exit code alone.
  totals.failed += failed === 0 && !isFine ? 1 : failed;
}

function npx(...command) {
  return run('npx', ['--no-install', ...command]);
}

function tell(text) {
  console.error(text);
}

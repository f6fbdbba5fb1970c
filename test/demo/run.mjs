// `npm run demo`: on a bare clone installs and builds first, then hands over to main.ts.
import { spawn } from 'node:child_process';
import { ensureBuild, ensureDependencies, REPOSITORY, requireNode } from '../support/bootstrap.mjs';

requireNode();
if (!ensureDependencies(tell)) fail('npm ci failed; its output is above');
if (!ensureBuild({}, tell)) fail('the build failed; its output is above');

const demo = spawn(process.execPath, ['--import', 'tsx', 'test/demo/main.ts', ...process.argv.slice(2)], {
  cwd: REPOSITORY,
  stdio: 'inherit',
});
demo.once('error', (error) => fail(`the demo could not be started: ${error.message}`));
demo.once('exit', (code) => process.exit(code ?? 1));
// Ctrl-C reaches the demo by the terminal itself; this process only has to outlive it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => demo.kill('SIGTERM'));

function tell(step) {
  console.error(step);
}

function fail(reason) {
  console.error(`demo: ${reason}`);
  process.exit(1);
}

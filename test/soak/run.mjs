// `npm run soak`: on a bare clone installs and builds first, then hands over to main.ts.
import { spawn } from 'node:child_process';
import { ensureBuild, ensureDependencies, REPOSITORY, requireNode } from '../support/bootstrap.mjs';

requireNode();
if (!ensureDependencies(tell)) fail('npm ci failed; its output is above');
if (!ensureBuild({}, tell)) fail('the build failed; its output is above');

const soak = spawn(process.execPath, ['--import', 'tsx', 'test/soak/main.ts', ...process.argv.slice(2)], {
  cwd: REPOSITORY,
  stdio: 'inherit',
});
soak.once('error', (error) => fail(`the soak could not be started: ${error.message}`));
soak.once('exit', (code) => process.exit(code ?? 1));
// Ctrl-C reaches the soak by the terminal itself; this process only has to outlive it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => soak.kill('SIGTERM'));

function tell(step) {
  console.error(step);
}

function fail(reason) {
  console.error(`soak: ${reason}`);
  process.exit(1);
}

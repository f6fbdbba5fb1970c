// `npm run bench`: on a bare clone installs and builds first, then hands its arguments to main.ts.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureBuild, ensureDependencies, REPOSITORY, requireNode } from '../test/support/bootstrap.mjs';

const startedAt = Date.now();
requireNode();
const args = process.argv.slice(2);
const isReady = ensureDependencies() && (!needsBuild(args) || ensureBuild());
if (isReady) start(args);
else process.exitCode = 1;

/** Only weir comes from dist/: the other targets can be measured while it does not compile. */
function needsBuild(args) {
  if (args.includes('--help')) return false;
  const position = args.findIndex((arg) => arg === '--targets' || arg.startsWith('--targets='));
  if (position < 0) return true;
  const value = args[position] === '--targets' ? (args[position + 1] ?? '') : args[position];
  return value.includes('weir');
}

function start(args) {
  const command = ['--import', 'tsx', path.join(REPOSITORY, 'bench/main.ts'), ...args];
  const child = spawn(process.execPath, command, {
    cwd: REPOSITORY,
    stdio: 'inherit',
    // `--quick` promises an end within two minutes of this moment, installing included.
    env: { ...process.env, WEIR_BENCH_STARTED_MS: String(startedAt) },
  });
  // Ctrl-C reaches the child by itself; we only wait for it. A signal to this process alone is handed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}

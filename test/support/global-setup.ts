import { existsSync } from 'node:fs';
import path from 'node:path';
import { ensureBuild, REPOSITORY } from './bootstrap.mjs';
import { flavoursUnderTest } from './servers/flavours-under-test.js';
import { acquireServer } from './servers/index.js';

/** Before the first test that needs servers: a current build, and every flavour under test at hand, so that no test pays for it. */
export default async function setup(): Promise<void> {
  // Type errors are reported by the type check; here it counts that there is something to run.
  ensureBuild({}, tell);
  if (!existsSync(path.join(REPOSITORY, 'dist/main.js'))) throw new Error('the build has left no dist/main.js');
  for (const flavour of flavoursUnderTest()) await acquireServer(flavour, tell);
}

function tell(step: string): void {
  process.stderr.write(`${step}\n`);
}

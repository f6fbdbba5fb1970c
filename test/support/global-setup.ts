import { ensureBuild } from './bootstrap.mjs';
import { acquireServer, flavoursUnderTest } from './servers/index.js';

/**
 * Before the first test that needs servers: a current build, and every flavour under test at hand, so that no test pays for it.
 * What fails here is only told: an error would keep the unit tests from running too, and the tests that need it fail by themselves.
 */
export default async function setup(): Promise<void> {
  if (!ensureBuild({}, tell)) tell('the build has errors; tests run what it left');
  for (const flavour of flavoursUnderTest()) {
    await acquireServer(flavour, tell).catch((error: unknown) => tell(String(error)));
  }
}

function tell(step: string): void {
  process.stderr.write(`${step}\n`);
}

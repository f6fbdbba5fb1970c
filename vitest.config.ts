import os from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const UNIT = ['unit', 'wire', 'cases', 'fuzz'];
const WITH_SERVERS = ['integration', 'conformance', 'property', 'clients'];
/** Measures how long traffic stands still. */
const ADMIN_LOAD = 'test/integration/admin-load.test.ts';
const filesOf = (folders: readonly string[]): string[] => folders.map((folder) => `test/${folder}/**/*.test.ts`);

const withServers: TestProjectInlineConfiguration['test'] = {
  globalSetup: ['test/support/global-setup.ts'],
  testTimeout: 60_000,
  // Starting a cluster of MySQL takes seconds on a busy machine; the first of all makes its datadir.
  hookTimeout: 120_000,
  pool: 'forks',
};

export default defineConfig({
  test: {
    teardownTimeout: 20_000,
    // A file with servers starts up to four of them and a weir, and waits for them most of the time: two fit on two processors.
    poolOptions: { forks: { maxForks: Math.max(2, Math.floor(os.availableParallelism() / 2)) } },
    projects: [
      {
        test: {
          name: 'unit',
          include: filesOf(UNIT),
          testTimeout: 20_000,
          // Key pairs are made.
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...withServers,
          name: 'servers',
          include: filesOf(WITH_SERVERS),
          exclude: [ADMIN_LOAD],
          // After the unit tests, not beside them.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...withServers,
          name: 'faults',
          include: [...filesOf(['faults']), ADMIN_LOAD],
          // One file at a time, after all others: times are measured here.
          poolOptions: { forks: { singleFork: true } },
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';

const UNIT = ['unit', 'wire', 'cases', 'fuzz'];
const WITH_SERVERS = ['integration', 'conformance', 'clients', 'faults'];
const filesOf = (folders: readonly string[]): string[] => folders.map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    teardownTimeout: 20_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: filesOf(UNIT),
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'servers',
          include: filesOf(WITH_SERVERS),
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000,
          // Starting a cluster of MySQL takes seconds on a busy machine; the first of all makes its datadir.
          hookTimeout: 120_000,
          // One file at a time: each starts up to four servers and a weir.
          pool: 'forks',
          poolOptions: { forks: { singleFork: true } },
          // After the unit tests, not beside them.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

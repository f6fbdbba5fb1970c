import { writeFileSync } from 'node:fs';

/** Tells how many errors there were outside any test, which vitest's report leaves out, in the file that WEIR_TEST_UNHANDLED names. */
export default class UnhandledReporter {
  onTestRunEnd(_modules, unhandledErrors) {
    const file = process.env.WEIR_TEST_UNHANDLED;
    if (file !== undefined) writeFileSync(file, String(unhandledErrors.length));
  }
}

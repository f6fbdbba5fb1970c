import path from 'node:path';
import { whyNotExecutable } from '../../base/program.js';
import type { ConfigRow } from '../../config/table-types.js';

/** Which active rows name a program that can not be started as it is now; one text a row. It may come later: such rows are loaded. */
export function missingPrograms(rows: readonly ConfigRow[]): string[] {
  return rows
    .filter((row) => row['active'] === 1)
    .flatMap((row) => {
      const problem = problemOf(String(row['filename']));
      return problem === null ? [] : [`scheduler.filename (${row['id']}): ${problem}`];
    });
}

function problemOf(filename: string): string | null {
  if (!path.isAbsolute(filename)) return `${filename} is no absolute path; it is looked for from where weir was started`;
  const why = whyNotExecutable(filename);
  return why === null ? null : `${filename} can not be started: ${why}`;
}

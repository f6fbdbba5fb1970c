import type { CnfGroup, CnfPlace } from './cnf-types.js';

/** One line for the operator: where, which key, what is wrong and what is accepted. */
export interface ConfigProblem extends CnfPlace {
  /** Path of the key: `mysql_servers.port`. */
  readonly key: string;
  readonly message: string;
}

export function problemAt(place: CnfPlace, key: string, message: string): ConfigProblem {
  return { file: place.file, line: place.line, key, message };
}

/** `proxysql.cnf:12: mysql_servers.port: found 70000; accepted: an integer from 0 to 65535`. */
export function formatProblem(problem: ConfigProblem): string {
  // Line 0: the file as a whole, which could not be read.
  if (problem.line === 0) return `${problem.file}: ${problem.message}`;
  if (problem.key === '') return `${problem.file}:${problem.line}: ${problem.message}`;
  return `${problem.file}:${problem.line}: ${problem.key}: ${problem.message}`;
}

/** Names that stand in a group more than once; libconfig refuses them too. */
export function duplicateSettings(group: CnfGroup, path: string): ConfigProblem[] {
  const first = new Map<string, CnfPlace>();
  const problems: ConfigProblem[] = [];
  for (const setting of group.settings) {
    const earlier = first.get(setting.name);
    if (earlier)
      problems.push(
        problemAt(setting, path + setting.name, `stands here a second time, first at ${describePlace(earlier, setting)}; accepted: once`),
      );
    else first.set(setting.name, setting);
  }
  return problems;
}

/** The line alone where the reader is in the same file already. */
export function describePlace(place: CnfPlace, from: CnfPlace): string {
  return place.file === from.file ? `line ${place.line}` : `${place.file}:${place.line}`;
}

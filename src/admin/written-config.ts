import { loadCnf } from '../config/cnf-loader.js';
import { parseCnf } from '../config/cnf-parser.js';
import { writeCnf } from '../config/cnf-writer.js';
import { formatProblem } from '../config/config-problem.js';
import type { ConfigRows } from '../config/table-types.js';
import { configTables } from '../config/tables.js';
import { patternProblem } from '../route/pattern.js';
import type { AdminContext } from './context.js';

/** Memory as text of a configuration file, with what a start from it would say or lose. */
export function checkedConfigText({ store, control }: Pick<AdminContext, 'store' | 'control'>): { text: string; warnings: string[] } {
  const rows = store.memoryRows();
  const text = writeCnf({ settings: control.fileSettings(), variables: store.memoryVariables(), rows });
  const read = loadCnf(parseCnf(text, 'this configuration'), { checkPattern: patternProblem });
  const refused = read.errors.map((error) => `a start from this file is refused: ${formatProblem(error)}`);
  return { text, warnings: [...refused, ...(refused.length > 0 ? [] : differences(rows, read.rows))] };
}

/** Compared as text: '' and NULL are one where a file can not tell them apart, and mean the same there. */
function differences(written: ConfigRows, read: ConfigRows): string[] {
  const textOf = (name: string, rows: ConfigRows): string =>
    writeCnf({ settings: {}, variables: new Map(), rows: { [name]: rows[name] ?? [] } });
  return configTables
    .filter(({ name }) => textOf(name, written) !== textOf(name, read))
    .map(({ name }) => `${name}: a row has a value that a configuration file can not hold; it reads back differently`);
}

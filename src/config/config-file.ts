import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type LoadedConfig, type LoadOptions, loadCnf } from './cnf-loader.js';
import { parseCnf } from './cnf-parser.js';
import { CnfError } from './cnf-types.js';
import { type ConfigProblem, problemAt } from './config-problem.js';

export type TextReader = (path: string) => string;

/**
 * Reads a configuration file with everything that it includes. Never throws for the file: one that can not be read or is not
 * libconfig is a result with that error. `@include` paths are relative to the file that names them.
 */
export function readConfigFile(path: string, options: LoadOptions = {}, readText: TextReader = readUtf8): LoadedConfig {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return nothingBut(problemAt({ file: path, line: 0 }, '', `the configuration file can not be read: ${reason}`));
  }
  try {
    const root = parseCnf(text, path, (included, fromFile) => {
      const file = isAbsolute(included) ? included : join(dirname(fromFile), included);
      return { file, text: readText(file) };
    });
    return loadCnf(root, options);
  } catch (error) {
    if (error instanceof CnfError) return nothingBut(problemAt(error, '', error.message));
    throw error;
  }
}

function readUtf8(path: string): string {
  return readFileSync(path, 'utf8');
}

function nothingBut(error: ConfigProblem): LoadedConfig {
  return { rows: {}, variables: new Map(), settings: {}, errors: [error], warnings: [] };
}

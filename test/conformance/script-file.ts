import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export type ParameterValue = number | string | null;

/** One line of a script. */
export interface ScriptStep {
  /** 1 unless the line begins with `n>`. */
  readonly session: number;
  /** SQL, or a command: `COM_PING`, `COM_INIT_DB x`, `COM_RESET_CONNECTION`, `COM_CHANGE_USER user [schema]`. `$ID` is the session's own number, `$ID2` that of session 2. */
  readonly text: string;
  /** `… <- [[1, "x"], [null, 2]]`: prepared once, executed with each. */
  readonly runs: readonly (readonly ParameterValue[])[] | null;
}

export interface ConformanceScript {
  /** Path below scripts/, without the ending. */
  readonly name: string;
  readonly about: string;
  /** What weir refuses to prepare, on purpose (README, Limits). */
  readonly textOnly: boolean;
  readonly steps: readonly ScriptStep[];
}

const FOLDER = path.join(import.meta.dirname, 'scripts');

/** All scripts, in the order of their names: a statement a line, `-- about` first. */
export function readScripts(): ConformanceScript[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => parseScript(name.slice(0, -4), readFileSync(path.join(FOLDER, name), 'utf8')));
}

export function parseScript(name: string, text: string): ConformanceScript {
  const [about = '', ...lines] = text.split('\n').filter((line) => line !== '');
  const textOnly = lines[0] === '-- text protocol only';
  return { name, about: about.replace(/^-- /, ''), textOnly, steps: (textOnly ? lines.slice(1) : lines).map(parseStep) };
}

function parseStep(line: string): ScriptStep {
  const [, session = '1', rest = ''] = /^(?:(\d)> )?(.*)$/s.exec(line) ?? [];
  const [, statement = rest, runs] = /^(.*) <- (\[.*\])$/s.exec(rest) ?? [];
  return { session: Number(session), text: statement, runs: runs === undefined ? null : (JSON.parse(runs) as ParameterValue[][]) };
}

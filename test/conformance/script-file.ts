import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Flavour } from '../support/servers/flavour.js';

export type ParameterValue = number | string | null;

/** One line of a script. */
export interface ScriptStep {
  /** 1 unless the line begins with `n>`. */
  readonly session: number;
  /**
   * SQL, or a command: `COM_PING`, `COM_INIT_DB x`, `COM_RESET_CONNECTION`, `COM_CHANGE_USER user [schema]`, `COM_FIELD_LIST table [wildcard]`,
   * `COM_SET_OPTION 0|1`. `$ID` is the session's own number, `$ID2` that of session 2.
   */
  readonly text: string;
  /** `… <- [[1, "x"], [null, 2]]`: prepared once, executed with each. */
  readonly runs: readonly (readonly ParameterValue[])[] | null;
}

/** What differs by kind of run, exactly; the kinds that are not named agree. */
export type KnownDifferences = Readonly<Record<string, readonly string[]>>;

export interface ConformanceScript {
  /** Path below scripts/, without the ending. */
  readonly name: string;
  readonly about: string;
  readonly steps: readonly ScriptStep[];
  /** By flavour: `name.differs.json` beside the script, until weir does what the server does. */
  readonly known: Readonly<Partial<Record<Flavour, KnownDifferences>>>;
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
  return { name, about: about.replace(/^-- /, ''), steps: lines.map(parseStep), known: readKnown(name) };
}

function readKnown(name: string): ConformanceScript['known'] {
  const file = knownFile(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ConformanceScript['known']) : {};
}

const knownFile = (name: string): string => path.join(FOLDER, `${name}.differs.json`);

/** Writes down what differs now; no file is left where nothing does. */
export function writeKnown(name: string, flavour: Flavour, found: KnownDifferences): void {
  const { [flavour]: _, ...others } = readKnown(name);
  const all = Object.keys(found).length > 0 ? { ...others, [flavour]: found } : others;
  if (Object.keys(all).length === 0) rmSync(knownFile(name), { force: true });
  else writeFileSync(knownFile(name), `${JSON.stringify(all, null, 1)}\n`);
}

function parseStep(line: string): ScriptStep {
  const [, session = '1', rest = ''] = /^(?:(\d)> )?(.*)$/s.exec(line) ?? [];
  const [, statement = rest, runs] = /^(.*) <- (\[.*\])$/s.exec(rest) ?? [];
  return { session: Number(session), text: statement, runs: runs === undefined ? null : (JSON.parse(runs) as ParameterValue[][]) };
}

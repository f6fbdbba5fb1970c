import path from 'node:path';
import { acceptedInterfaces, parseInterfaces } from './interfaces.js';
import { describeRange } from './table-types.js';

export type VariableKind =
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'choice'; readonly values: readonly string[] }
  /** Any text. */
  | { readonly type: 'text' }
  /** `schema.table`, or nothing. */
  | { readonly type: 'table name' }
  /** The absolute path of a program, or nothing. Whether it can be started is asked elsewhere: it may come later. */
  | { readonly type: 'program' }
  /** Listening addresses. */
  | { readonly type: 'interfaces' }
  /** `user:password` pairs separated by `;`. */
  | { readonly type: 'credentials' };

export type VariableUnit = '' | 'ms' | 's' | 'bytes' | 'MiB' | 'percent' | 'connections' | 'statements' | 'µs';

export interface VariableRecord {
  /** With its prefix: `mysql-max_connections`. */
  readonly name: string;
  readonly kind: VariableKind;
  readonly default: string;
  /** Only where weir's default is another one; the doc says why. */
  readonly proxysqlDefault: string | null;
  readonly unit: VariableUnit;
  readonly effect: 'runtime' | 'restart';
  /** weir acts on it; otherwise it is accepted, checked and kept. */
  readonly implemented: boolean;
  /** A value that only weir itself sets. */
  readonly readOnly: boolean;
  /** One sentence. */
  readonly doc: string;
}

type Parsed = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly accepted: string };

/** Checks a text for a variable and brings it into its one spelling (`TRUE` → `true`, `007` → `7`). */
export function parseVariable(record: VariableRecord, text: string): Parsed {
  const value = normalise(record, text);
  return value === null ? { ok: false, accepted: acceptedValues(record) } : { ok: true, value };
}

function normalise({ kind, default: fallback }: VariableRecord, text: string): string | null {
  switch (kind.type) {
    case 'integer':
      return normaliseInteger(text.trim(), kind.min, kind.max);
    case 'boolean':
      return normaliseBoolean(text.trim().toLowerCase());
    case 'choice':
      return kind.values.find((value) => value.toLowerCase() === text.trim().toLowerCase()) ?? null;
    case 'text':
      return text;
    case 'table name':
      return parseTableName(text) === null && text.trim() !== '' ? null : text.trim();
    case 'program':
      return isProgramPath(text.trim()) ? text.trim() : null;
    case 'interfaces':
      // As in ProxySQL, whose own default is empty: no address means the default one.
      if (text.trim() === '') return fallback;
      return parseInterfaces(text) === null ? null : text;
    case 'credentials':
      return parseCredentials(text) === null ? null : text;
  }
}

function normaliseInteger(text: string, min: number, max: number): string | null {
  if (!/^[-+]?\d+$/.test(text)) return null;
  const value = Number(text);
  return value >= min && value <= max ? String(value) : null;
}

function normaliseBoolean(text: string): string | null {
  if (text === 'true' || text === '1') return 'true';
  return text === 'false' || text === '0' ? 'false' : null;
}

const isProgramPath = (text: string): boolean => text === '' || (path.isAbsolute(text) && !text.includes('\0'));

export interface Credential {
  readonly username: string;
  readonly password: string;
}

/** Reads `admin:secret;other:secret2`; null when a part has no name or no colon, or a name stands there twice. */
export function parseCredentials(text: string): Credential[] | null {
  const parts = text.split(';').filter((part) => part.trim() !== '');
  const result = parts.map((part) => {
    const colon = part.indexOf(':');
    return { username: part.slice(0, Math.max(colon, 0)).trim(), password: part.slice(colon + 1) };
  });
  const names = new Set(result.map((credential) => credential.username));
  return names.has('') || names.size !== result.length ? null : result;
}

/** The parts of `schema.table`, each with or without backticks; null for other texts. */
export function parseTableName(text: string): readonly [schema: string, table: string] | null {
  const match = /^(`?)([^`.\s]+)\1\.(`?)([^`.\s]+)\3$/.exec(text.trim());
  return match === null ? null : [match[2]!, match[4]!];
}

/** What a variable takes, for messages and the reference page. */
export function acceptedValues(record: VariableRecord): string {
  const unit = record.unit === '' ? '' : ` (${record.unit})`;
  switch (record.kind.type) {
    case 'integer':
      return describeRange(record.kind.min, record.kind.max) + unit;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return record.kind.values.map((value) => `"${value}"`).join(', ');
    case 'text':
      return 'a text';
    case 'table name':
      return '"schema.table", or nothing';
    case 'program':
      return 'the absolute path of a program, or nothing';
    case 'interfaces':
      return acceptedInterfaces;
    case 'credentials':
      return '"user:password", more of them separated by ";"';
  }
}

export const bool: VariableKind = { type: 'boolean' };
export const text: VariableKind = { type: 'text' };
export const tableName: VariableKind = { type: 'table name' };
export const program: VariableKind = { type: 'program' };
export const interfaces: VariableKind = { type: 'interfaces' };
export const credentials: VariableKind = { type: 'credentials' };
export const int = (min: number, max: number): VariableKind => ({ type: 'integer', min, max });
/** For variables that weir only keeps: it does not judge a value that it does not use beyond its type. */
export const count: VariableKind = int(0, 2_147_483_647);
export const choice = (...values: string[]): VariableKind => ({ type: 'choice', values });

type Extras = Partial<Pick<VariableRecord, 'proxysqlDefault' | 'unit' | 'effect' | 'readOnly' | 'implemented'>>;
type Line = readonly [name: string, kind: VariableKind, fallback: string, doc: string, extras?: Extras];

/** Records from lines of name (without prefix), kind, default, doc. */
export function defineVariables(prefix: 'mysql' | 'admin', implemented: boolean, lines: readonly Line[]): VariableRecord[] {
  return lines.map(([name, kind, fallback, doc, extras]) => ({
    name: `${prefix}-${name}`,
    kind,
    default: fallback,
    proxysqlDefault: null,
    unit: '',
    effect: 'runtime',
    implemented,
    readOnly: false,
    doc,
    ...extras,
  }));
}

export const days = (count: number): number => count * 24 * 3600 * 1000;

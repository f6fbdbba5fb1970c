import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';

type Value = string | number | bigint | Buffer | null;

const text = (value: Value): string => (Buffer.isBuffer(value) ? value.toString('utf8') : String(value));
const hash = (algorithm: string) => (value: Value) => (value === null ? null : createHash(algorithm).update(text(value)).digest('hex'));
const two = (number: number): string => String(number).padStart(2, '0');

/** `2026-01-31 23:59:59`, UTC: servers and weir log in it, and there is no session time zone here. */
function dateTime(date: Date): string {
  const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
}

/** The largest (sign 1) or smallest (-1): of numbers by value, otherwise by text. */
function extreme(values: readonly Value[], sign: 1 | -1): Value {
  if (values.includes(null)) return null;
  const areNumbers = values.every((value) => typeof value === 'number' || typeof value === 'bigint');
  const isBehind = (left: Value, right: Value) => (areNumbers ? left! < right! : text(left) < text(right));
  return values.reduce((best, value) => ((sign === 1 ? isBehind(best, value) : isBehind(value, best)) ? value : best));
}

/** Functions that MySQL has and SQLite has not, as far as people type them on an admin port. NULL in, NULL out, as there. */
const FUNCTIONS: Readonly<Record<string, (...values: Value[]) => Value>> = {
  concat: (...parts) => (parts.includes(null) ? null : parts.map(text).join('')),
  concat_ws: (separator = null, ...parts) =>
    separator === null
      ? null
      : parts
          .filter((part) => part !== null)
          .map(text)
          .join(text(separator)),
  if: (condition = null, then = null, otherwise = null) => (Number(condition) ? then : otherwise),
  left: (value = null, length = 0) => (value === null ? null : [...text(value)].slice(0, Number(length)).join('')),
  right: (value = null, length = 0) =>
    value === null || Number(length) <= 0 ? value && '' : [...text(value)].slice(-Number(length)).join(''),
  md5: (value = null) => hash('md5')(value),
  sha1: (value = null) => hash('sha1')(value),
  sha: (value = null) => hash('sha1')(value),
  lcase: (value = null) => (value === null ? null : text(value).toLowerCase()),
  ucase: (value = null) => (value === null ? null : text(value).toUpperCase()),
  greatest: (...values) => extreme(values, 1),
  least: (...values) => extreme(values, -1),
  curdate: () => dateTime(new Date()).slice(0, 10),
  curtime: () => dateTime(new Date()).slice(11),
  now: () => dateTime(new Date()),
  sysdate: () => dateTime(new Date()),
  unix_timestamp: (value) =>
    value === undefined
      ? Math.floor(Date.now() / 1000)
      : value === null
        ? null
        : Math.floor(Date.parse(`${text(value).replace(' ', 'T')}Z`) / 1000),
  from_unixtime: (value = null) => (value === null ? null : dateTime(new Date(Number(value) * 1000))),
  // SQLite calls it for `value REGEXP pattern`, the pattern first.
  regexp: (pattern = null, value = null) =>
    pattern === null || value === null ? null : Number(new RegExp(text(pattern), 'i').test(text(value))),
};

/**
 * Gives a database the functions of MySQL and those about the session that executes now.
 * @param sessionFunction value of `VERSION()`, `DATABASE()` … for that session; by upper-case name
 */
export function addSqlFunctions(database: Database, sessionNames: readonly string[], sessionFunction: (name: string) => Value): void {
  for (const [name, implementation] of Object.entries(FUNCTIONS)) database.function(name, { varargs: true }, implementation as never);
  for (const name of sessionNames) database.function(name.toLowerCase(), () => sessionFunction(name));
}

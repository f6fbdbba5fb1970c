import { rowLabel } from './row-label.js';
import type { ConfigRow } from './table-types.js';
import { mysqlUsers } from './tables/users.js';

/** The attribute of mysql_users that holds a second password, as in ProxySQL. */
const ADDITIONAL = 'additional_password';
const NATIVE_HASH = /^\*[0-9a-f]{40}$/i;
/** Rounds, 20 bytes of salt, 43 characters of the digest. */
const SHA2_HASH = /^\$A\$[0-9a-f]{3}\$[\s\S]{20}[./0-9a-z]{43}$/i;
/** `$A$` in hexadecimal digits: what SHOW CREATE USER prints with print_identified_with_as_hex. */
const HEX_OF_SHA2 = /^0x(?:244124)(?:[0-9a-f]{2})+$/i;

/** Passwords beside that of the row: `{"additional_password": "…"}`. The text is valid JSON, or ''. */
export function additionalPasswords(attributes: string): string[] {
  const value = attributesOf(attributes)[ADDITIONAL];
  return typeof value === 'string' && value !== '' ? [value] : [];
}

function attributesOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // '', or what the check of the row's own types has refused.
    return {};
  }
}

/** Whether a password is given in clear. */
export function isClearPassword(text: string): boolean {
  return text !== '' && !NATIVE_HASH.test(text) && !SHA2_HASH.test(decodeHexForm(text));
}

/** A `$A$` hash that is written as `0x` and hexadecimal digits, as the hash; any other text as it is. */
export function decodeHexForm(text: string): string {
  return HEX_OF_SHA2.test(text) ? Buffer.from(text.slice(2), 'hex').toString('latin1') : text;
}

/**
 * What is odd about passwords and attributes of rows of mysql_users; no text of a password is in it. Any text is a password in clear, as in
 * ProxySQL, so only what was surely meant as a hash is named.
 */
export function userPasswordWarnings(rows: readonly ConfigRow[]): string[] {
  const active = rows.filter((row) => row['active'] !== 0);
  return active.flatMap((row) => {
    const label = rowLabel(mysqlUsers, row);
    const attributes = attributesOf(String(row['attributes'] ?? ''));
    return [
      ...oddPassword(`${label}: password`, row['password']),
      ...oddPassword(`${label}: attributes.${ADDITIONAL}`, attributes[ADDITIONAL]),
      ...Object.keys(attributes)
        .filter((key) => key !== ADDITIONAL)
        .map((key) => `${label}: attributes.${key}: has no effect in this version`),
    ];
  });
}

function oddPassword(label: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'string') return [`${label}: is no text and has no effect; accepted: a text`];
  const decoded = decodeHexForm(value);
  if (decoded.startsWith('$A$') && !SHA2_HASH.test(decoded))
    return [`${label}: begins with $A$ but is no caching_sha2_password hash; ${ASIS}`];
  if (/^\*.{40}$/.test(value) && !NATIVE_HASH.test(value))
    return [`${label}: looks like a hash but has other than hexadecimal digits; ${ASIS}`];
  return [];
}

const ASIS = 'it is taken as a password in clear';

import type { ConfigRow } from '../config/table-types.js';
import { additionalPasswords, isClearPassword } from '../config/user-passwords.js';
import { nativeHash } from './password-functions.js';

/** A row of mysql_users with `*HEX` hashes instead of passwords in clear; what is a hash already stays. */
export function hashedUserRow(row: ConfigRow): ConfigRow {
  const attributes = String(row['attributes'] ?? '');
  const [additional] = additionalPasswords(attributes);
  return {
    ...row,
    password: typeof row['password'] === 'string' ? hashed(row['password']) : (row['password'] ?? null),
    ...(additional === undefined
      ? {}
      : { attributes: JSON.stringify({ ...(JSON.parse(attributes) as object), additional_password: hashed(additional) }) }),
  };
}

const hashed = (password: string): string => (isClearPassword(password) ? nativeHash(password) : password);

import type { PooledConnection } from '../pool/pooled-connection.js';
import { Effect } from '../sql/verdict.js';
import type { Command } from './command.js';

/** A routine whose schema is named, as digests write it: `a.f(`, and `CALL a.p`. A table with a list of columns looks alike. */
const ROUTINE_IN_SCHEMA = /`?([^`.\s(),]+)`?\s*\.\s*`?[^`.\s(),]+`?\s*(?:\(|$)/g;

/**
 * Whether `sessionStateChanged` in the EOF packets of the command's results comes from what weir alone has asked the server to track. MariaDB sets
 * it for every client where a routine of another schema is called, which changes the schema and changes it back (seen in 10.11).
 */
export function isFlagOfOwnTracking({ effects, entry }: Command, connection: PooledConnection): boolean {
  if ((effects & Effect.unknownState) === 0 || entry === null || connection.login.flavour !== 'mariadb') return true;
  for (const [, schema] of entry.digestText.matchAll(ROUTINE_IN_SCHEMA)) if (schema !== connection.state.schema) return false;
  return true;
}

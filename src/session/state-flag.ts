import type { PooledConnection } from '../pool/pooled-connection.js';
import { Effect } from '../sql/verdict.js';
import type { Command } from './command.js';

/** CALL of a routine whose schema is named, as digests write it. */
const CALL_IN_SCHEMA = /^CALL\s+`?([^`.\s(]+)`?\s*\.\s*[^.]+$/i;

/**
 * Whether `sessionStateChanged` in the EOF packets of the command's results comes from what weir alone has asked the server to track. MariaDB sets
 * it for every client while a routine of another schema runs, which changes the schema and changes it back (seen in 10.11).
 */
export function isFlagOfOwnTracking({ effects, entry }: Command, connection: PooledConnection): boolean {
  if ((effects & Effect.unknownState) === 0 || entry === null || connection.login.flavour !== 'mariadb') return true;
  const [, schema] = CALL_IN_SCHEMA.exec(entry.digestText) ?? [];
  return schema === undefined || schema === connection.state.schema;
}

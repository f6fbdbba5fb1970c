import type { ServerKey } from '../base/ids.js';
import { majorOf } from '../base/server-version.js';
import type { Placement, ReplicationPair, ServerConfig, ServerIdentity } from '../config/snapshot.js';

/** What servers said in their last handshakes. */
export type KnownGreetings = ReadonlyMap<ServerKey, ServerIdentity>;

/**
 * The face shown before any server was ever reached: MySQL 8.0 with what all MySQL and MariaDB servers in use have, that is
 * LONG_PASSWORD to SECURE_CONNECTION without COMPRESS and SSL, multi-statements and results, PLUGIN_AUTH, CONNECT_ATTRS,
 * LENENC_CLIENT_DATA, SESSION_TRACK and DEPRECATE_EOF.
 */
export const UNKNOWN_IDENTITY: ServerIdentity = {
  version: '8.0.11',
  flavour: 'mysql',
  flavourIsUnsure: true,
  capabilities: 0x01bf_f7df,
  mariadbCapabilities: 0,
  collation: 45,
  authPlugin: 'mysql_native_password',
};

export interface IdentityInput {
  readonly servers: readonly ServerConfig[];
  readonly pairs: readonly ReplicationPair[];
  readonly placements: readonly Placement[];
  readonly greetings: KnownGreetings;
  /** The identity before, for as long as no configured server is known. */
  readonly last: ServerIdentity | null;
}

/**
 * The primary's version, flavour, collation and plugin; capabilities that all known servers have. The primary is the writer of the pair
 * with the lowest writer hostgroup, else the first known server of the lowest hostgroup.
 */
export function decideIdentity(input: IdentityInput): ServerIdentity {
  const keys = [...new Set(input.servers.filter((row) => row.status !== 'OFFLINE_HARD').map((row) => row.key))];
  const known = keys.flatMap((key) => input.greetings.get(key) ?? []);
  const primary = primaryKeys(input).flatMap((key) => input.greetings.get(key) ?? [])[0] ?? known[0];
  if (primary === undefined) return input.last ?? UNKNOWN_IDENTITY;
  const flavourIsUnsure = known.some(({ flavour }) => flavour !== primary.flavour);
  return { ...primary, ...commonCapabilities(known), ...(flavourIsUnsure ? { flavourIsUnsure } : {}), ...majorsOf(known) };
}

/** Nothing where a version tells none. */
function majorsOf(known: readonly ServerIdentity[]): Pick<ServerIdentity, 'majors'> {
  const majors = known.flatMap(({ version }) => majorOf(version) ?? []);
  return majors.length < known.length ? {} : { majors: [Math.min(...majors), Math.max(...majors)] };
}

function primaryKeys(input: IdentityInput): ServerKey[] {
  const writerHostgroups = input.pairs.map((pair) => pair.writer).sort((a, b) => a - b);
  const writers = writerHostgroups.flatMap((hostgroup) => input.placements.filter((row) => row.hostgroup === hostgroup));
  const others = [...input.placements].sort((a, b) => a.hostgroup - b.hostgroup);
  return [...writers.filter((row) => row.status === 'ONLINE'), ...writers, ...others].map((row) => row.key);
}

function commonCapabilities(known: readonly ServerIdentity[]): Pick<ServerIdentity, 'capabilities' | 'mariadbCapabilities'> {
  const and = (flags: readonly number[]): number => flags.reduce((all, each) => all & each, -1) >>> 0;
  return {
    capabilities: and(known.map((each) => each.capabilities)),
    mariadbCapabilities: and(known.map((each) => each.mariadbCapabilities)),
  };
}

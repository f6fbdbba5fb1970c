import type { ServerIdentity } from '../../config/snapshot.js';
import { AuthPlugin } from '../../protocol/auth/plugins.js';
import { Capability, has, MariadbCapability } from '../../protocol/constants.js';

/** What weir passes between a client and a server; offered where the servers have it. */
const PASSED_THROUGH =
  Capability.foundRows |
  Capability.longFlag |
  Capability.noSchema |
  Capability.odbc |
  Capability.localFiles |
  Capability.ignoreSpace |
  Capability.interactive |
  Capability.transactions |
  Capability.reserved |
  Capability.multiStatements |
  Capability.multiResults |
  Capability.psMultiResults |
  Capability.canHandleExpiredPasswords |
  Capability.sessionTrack |
  Capability.deprecateEof |
  Capability.optionalResultsetMetadata |
  Capability.queryAttributes;

/** What concerns the login alone: weir does it itself, whatever the servers can. */
const OWN =
  Capability.protocol41 |
  Capability.connectWithDb |
  Capability.secureConnection |
  Capability.pluginAuth |
  Capability.pluginAuthLenencClientData |
  Capability.connectAttrs;

/**
 * Not among them: COM_MULTI, which no released server speaks, and the leaving out of column definitions (MARIADB_CLIENT_CACHE_METADATA). A server
 * leaves out what it sent last for its statement; weir's clients share that statement, and another one may have been told of other columns.
 */
const PASSED_THROUGH_MARIADB =
  MariadbCapability.progress |
  MariadbCapability.stmtBulkOperations |
  MariadbCapability.extendedMetadata |
  MariadbCapability.bulkUnitResults;

export interface OfferedCapabilities {
  /** Unsigned 32 bits. */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
}

/**
 * The flags of the greeting. LONG_PASSWORD, which MariaDB calls CLIENT_MYSQL, is clear exactly when MariaDB's extended flags are in
 * the greeting: that is how its clients tell (MariaDB "Initial handshake packet").
 */
export function offeredCapabilities(
  identity: ServerIdentity,
  options: { readonly tls: boolean; readonly localInfile: boolean },
): OfferedCapabilities {
  const mariadbCapabilities = identity.flavour === 'mariadb' ? identity.mariadbCapabilities & PASSED_THROUGH_MARIADB : 0;
  let capabilities = (identity.capabilities & PASSED_THROUGH) | OWN;
  if (mariadbCapabilities === 0) capabilities |= Capability.longPassword;
  if (options.tls) capabilities |= Capability.ssl;
  if (!options.localInfile) capabilities &= ~Capability.localFiles;
  return { capabilities: capabilities >>> 0, mariadbCapabilities: mariadbCapabilities >>> 0 };
}

/** Whether MariaDB's extended flags count in an answer to a greeting with `offered`. */
export const speaksMariadb = (offered: OfferedCapabilities): boolean => !has(offered.capabilities, Capability.longPassword);

/** The plugins that weir verifies itself. */
export type VerifiedPlugin = typeof AuthPlugin.nativePassword | typeof AuthPlugin.cachingSha2;

export const isVerifiedPlugin = (name: string): name is VerifiedPlugin =>
  name === AuthPlugin.nativePassword || name === AuthPlugin.cachingSha2;

/** The plugin that the greeting's scramble is meant for: the servers' own where weir speaks it, else what such servers come with. */
export function greetingPlugin(identity: ServerIdentity): VerifiedPlugin {
  if (isVerifiedPlugin(identity.authPlugin)) return identity.authPlugin;
  const isSha2Age = identity.flavour === 'mysql' && Number.parseInt(identity.version, 10) >= 8;
  return isSha2Age ? AuthPlugin.cachingSha2 : AuthPlugin.nativePassword;
}

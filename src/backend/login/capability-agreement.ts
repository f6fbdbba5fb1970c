import { flavourOf } from '../../base/server-version.js';
import { Capability, has, MariadbCapability } from '../../protocol/constants.js';
import type { HandshakeV10 } from '../../protocol/packets/handshake-v10.js';
import type { BackendIdentity } from '../identity.js';

export interface CapabilityAgreement {
  /** What the handshake response carries, unsigned; without `ssl` unless asked for. */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Names of the flags that the server lacks although replies or statements would differ without them. */
  readonly lacking: readonly string[];
}

/** What every connection of weir has, whatever the client negotiated. */
const ALWAYS =
  Capability.protocol41 |
  Capability.secureConnection |
  Capability.pluginAuth |
  Capability.pluginAuthLenencClientData |
  Capability.connectAttrs |
  Capability.sessionTrack |
  Capability.transactions |
  Capability.longFlag;

/** Matters between a client and weir only, or is decided for each server connection by itself. */
const NEVER =
  Capability.longPassword |
  Capability.connectWithDb |
  Capability.ssl |
  Capability.compress |
  Capability.zstdCompression |
  Capability.multiFactorAuthentication |
  Capability.capabilityExtension |
  Capability.sslVerifyServerCert |
  Capability.rememberOptions;

/** Without one of these (where wanted) reply bytes, the meaning of a statement or the login itself would be another. */
const REQUIRED: readonly (keyof typeof Capability)[] = [
  'protocol41',
  'secureConnection',
  'pluginAuth',
  'foundRows',
  'noSchema',
  'ignoreSpace',
  'multiStatements',
  'multiResults',
  'psMultiResults',
  'deprecateEof',
  'optionalResultsetMetadata',
  'queryAttributes',
];

/** All but `progress`: a server that reports none sends the same results. */
const REQUIRED_OF_MARIADB: readonly (keyof typeof MariadbCapability)[] = [
  'comMulti',
  'stmtBulkOperations',
  'extendedMetadata',
  'cacheMetadata',
  'bulkUnitResults',
];

/** Which flags a connection for this identity gets from this server. */
export function agreeCapabilities(
  identity: Pick<BackendIdentity, 'capabilities' | 'mariadbCapabilities'>,
  handshake: HandshakeV10,
  useSsl: boolean,
): CapabilityAgreement {
  const wanted = (identity.capabilities & ~NEVER) | ALWAYS | (useSsl ? Capability.ssl : 0);
  // A client that clears it tells a MariaDB server to read the extended flags.
  const longPassword = flavourOf(handshake) === 'mysql' ? Capability.longPassword : 0;
  return {
    capabilities: ((wanted | longPassword) & handshake.capabilities) >>> 0,
    mariadbCapabilities: (identity.mariadbCapabilities & handshake.mariadbCapabilities) >>> 0,
    lacking: [
      ...missing(Capability, useSsl ? [...REQUIRED, 'ssl'] : REQUIRED, wanted, handshake.capabilities),
      ...missing(MariadbCapability, REQUIRED_OF_MARIADB, identity.mariadbCapabilities, handshake.mariadbCapabilities),
    ],
  };
}

function missing<Name extends string>(
  flags: Readonly<Record<Name, number>>,
  names: readonly Name[],
  wanted: number,
  offered: number,
): Name[] {
  return names.filter((name) => has(wanted, flags[name]) && !has(offered, flags[name]));
}

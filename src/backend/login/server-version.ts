import { Capability, has } from '../../protocol/constants.js';
import type { HandshakeV10 } from '../../protocol/packets/handshake-v10.js';

export type ServerFlavour = 'mysql' | 'mariadb';

/** A MariaDB server says so in its version, or (where the version was changed by configuration) by clearing `longPassword`. */
export function flavourOf(handshake: Pick<HandshakeV10, 'serverVersion' | 'capabilities'>): ServerFlavour {
  if (/mariadb/i.test(handshake.serverVersion)) return 'mariadb';
  return has(handshake.capabilities, Capability.longPassword) ? 'mysql' : 'mariadb';
}

/** COM_RESET_CONNECTION: MySQL since 5.7.3, MariaDB since 10.2.4. */
export function supportsReset(flavour: ServerFlavour, serverVersion: string): boolean {
  return atLeast(numbersOf(serverVersion), flavour === 'mysql' ? [5, 7, 3] : [10, 2, 4]);
}

/** Roles and CURRENT_ROLE(): MySQL since 8.0, MariaDB since 10.0.5. */
export function supportsRoles(flavour: ServerFlavour, serverVersion: string): boolean {
  return atLeast(numbersOf(serverVersion), flavour === 'mysql' ? [8, 0, 0] : [10, 0, 5]);
}

/** MariaDB puts `5.5.5-` in front of its version for replicas of old MySQL servers. */
function numbersOf(serverVersion: string): readonly number[] {
  const match = /^(?:5\.5\.5-)?(\d+)\.(\d+)(?:\.(\d+))?/.exec(serverVersion);
  return match === null ? [] : match.slice(1).map((part) => Number(part ?? 0));
}

function atLeast(have: readonly number[], wanted: readonly number[]): boolean {
  for (const [index, number] of wanted.entries()) {
    const difference = (have[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

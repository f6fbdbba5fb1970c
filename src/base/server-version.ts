export type ServerFlavour = 'mysql' | 'mariadb';

/** CLIENT_LONG_PASSWORD, the lowest capability; MariaDB calls it CLIENT_MYSQL. */
const LONG_PASSWORD = 1;

/** What a server says of itself in its first packet. */
export interface Greeting {
  /** E.g. `8.4.3` or `5.5.5-10.11.2-MariaDB-log`. */
  readonly serverVersion: string;
  readonly capabilities: number;
}

/** A MariaDB server says so in its version, or (where the version was changed by configuration) by clearing `longPassword`. */
export function flavourOf({ serverVersion, capabilities }: Greeting): ServerFlavour {
  return /mariadb/i.test(serverVersion) || (capabilities & LONG_PASSWORD) === 0 ? 'mariadb' : 'mysql';
}

/** null: the version begins with no number. */
export function majorOf(serverVersion: string): number | null {
  return numbersOf(serverVersion)[0] ?? null;
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

import type { Flavour } from '../../support/servers/index.js';

/** A check whose answer differs through weir. It is left out of the comparison and shown as a skipped test with its reason. */
export interface KnownDifference {
  readonly driver: string;
  /** Default: both. */
  readonly flavour?: Flavour;
  readonly check: string;
  readonly reason: string;
}

/** Not a check of a program but of all their reads together. */
export const READS_ON_REPLICAS = 'reads on replicas';

const IGNORE_SPACE = 'a MariaDB server forgets CLIENT_IGNORE_SPACE when the session is reset, weir sets it again';
const CHARACTER_SET = 'a MySQL server goes to its own character set when the session is reset, weir to that of the login';
const CONNECTION_ID = 'CONNECTION_ID() is that of the server connection';

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  ...['mysql2', 'php-mysqli', 'perl-dbd-mysql', 'perl-dbd-mariadb', 'ruby-mysql2'].map((driver) => ({
    driver,
    check: 'thread id',
    reason: CONNECTION_ID,
  })),
  { driver: 'mariadb', flavour: 'mariadb', check: 'left in the pool', reason: IGNORE_SPACE },
  { driver: 'mariadb', flavour: 'mysql', check: 'after reset', reason: CHARACTER_SET },
];

/** The checks of a driver that are left out. */
export function knownOf(driver: string, flavour: Flavour): KnownDifference[] {
  return KNOWN_DIFFERENCES.filter((known) => known.driver === driver && (known.flavour ?? flavour) === flavour);
}

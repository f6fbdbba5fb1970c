import { FLAVOURS, type Flavour, isFlavour } from './flavour.js';
import { locateBinary } from './locate.js';

/**
 * The flavours that tests with servers run against: those of `WEIR_TEST_FLAVOURS` (comma separated), where a missing
 * server is then a failure; else those whose server program is on this machine; else MariaDB, which the provider may install.
 *
 * @throws when WEIR_TEST_FLAVOURS names something else
 */
export function flavoursUnderTest(): readonly Flavour[] {
  const named = process.env['WEIR_TEST_FLAVOURS'];
  if (named === undefined || named.trim() === '') {
    const present = FLAVOURS.filter((flavour) => locateBinary(flavour) !== null);
    return present.length > 0 ? present : ['mariadb'];
  }
  return named.split(',').map((entry) => {
    const flavour = entry.trim();
    if (!isFlavour(flavour)) throw new Error(`WEIR_TEST_FLAVOURS=${named}: "${flavour}" is none of ${FLAVOURS.join(', ')}`);
    return flavour;
  });
}

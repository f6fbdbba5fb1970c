import { parseArgs } from 'node:util';
import { FLAVOURS, type Flavour, flavoursUnderTest, isFlavour } from '../support/servers/index.js';

export interface SoakCommand {
  readonly flavours: readonly Flavour[];
  /** For each flavour, above 0 to 1440. */
  readonly minutes: number;
  /** 0 to 2^32 - 1. */
  readonly seed: number;
}

export const USAGE = `npm run soak -- [options]
  --minutes N               how long faults go on, for each flavour (default 10; 0.5 is half a minute)
  --seed S                  which faults, in which order and how long each (default: another one every time)
  --flavour ${FLAVOURS.join('|')}   which servers (default: those that are here, or WEIR_TEST_FLAVOURS, one after the other)
  --help                    this text
Ends with exit code 1 when anything was wrong, and with the command that repeats it.`;

/** The command line of the soak; 'help' when only that was asked for. @throws with a sentence for the user */
export function parseCommand(args: readonly string[]): SoakCommand | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      flavour: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const { flavour } = values;
  if (flavour !== undefined && !isFlavour(flavour)) throw new Error(`--flavour ${flavour}: accepted are ${FLAVOURS.join(' and ')}`);
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 1440)) throw new Error(`--minutes ${values.minutes}: accepted is a number above 0, 1440 at most`);
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new Error(`--seed ${values.seed}: accepted is a whole number below 2^32`);
  return { flavours: flavour === undefined ? flavoursUnderTest() : [flavour], minutes, seed };
}

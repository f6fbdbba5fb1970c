import { parseArgs } from 'node:util';
import { FLAVOURS, type Flavour, isFlavour } from '../support/servers/index.js';

export interface DemoOptions {
  readonly flavour: Flavour;
  /** How long the load runs, 1 to 3600. */
  readonly seconds: number;
  /** Clients side by side, 1 to 200. */
  readonly clients: number;
  /** End after the totals. */
  readonly once: boolean;
}

export const USAGE = `npm run demo -- [options]
  --flavour ${FLAVOURS.join('|')}   which servers to start (default mariadb)
  --seconds N               how long the load runs (default 10)
  --clients N               clients side by side (default 8)
  --once                    end after the totals: exit code 0, or 1 when a statement went to the wrong server or failed
  --help                    this text`;

/** The command line of the demo; 'help' when only that was asked for. @throws with a sentence for the user */
export function parseOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      flavour: { type: 'string', default: 'mariadb' },
      seconds: { type: 'string', default: '10' },
      clients: { type: 'string', default: '8' },
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if (!isFlavour(values.flavour)) throw new Error(`--flavour ${values.flavour}: accepted are ${FLAVOURS.join(' and ')}`);
  return {
    flavour: values.flavour,
    seconds: wholeNumber('--seconds', values.seconds, 3600),
    clients: wholeNumber('--clients', values.clients, 200),
    once: values.once,
  };
}

function wholeNumber(name: string, text: string, largest: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= largest) return number;
  throw new Error(`${name} ${text}: accepted is a whole number from 1 to ${largest}`);
}

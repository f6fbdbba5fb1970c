import { describe } from 'vitest';
import type { Flavour } from './flavour.js';
import { flavoursUnderTest } from './flavours-under-test.js';

/** A describe block for each flavour under test, named `name (flavour)`. */
export function describeEachFlavour(name: string, body: (flavour: Flavour) => void): void {
  for (const flavour of flavoursUnderTest()) describe(`${name} (${flavour})`, () => body(flavour));
}

import { readFileSync } from 'node:fs';
import type { Flavour } from '../support/servers/index.js';
import { SESSIONS, schemaOf } from './schemas.js';
import type { SessionKind } from './side.js';
import type { History } from './step.js';

/** A history that has shown a bug once. */
export interface PropertyCase {
  readonly about: string;
  readonly history: History;
  readonly sessions: readonly SessionKind[];
}

interface WrittenCase {
  /** What it showed. */
  readonly about: string;
  /** Where it was found: the seed gives the same statements only for as long as the grammar is the same. */
  readonly seed: number;
  readonly only?: Flavour;
  /** Capabilities of all sessions, added to what test clients always ask for. */
  readonly capabilities?: number;
  readonly history: History;
}

/** The kept cases of a flavour. */
export function readCases(flavour: Flavour): PropertyCase[] {
  const written = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8')) as readonly WrittenCase[];
  return written
    .filter(({ only }) => only === undefined || only === flavour)
    .map(({ about, history, capabilities = 0 }) => ({
      about,
      history,
      sessions: Array.from({ length: SESSIONS }, (_, session) => ({ capabilities, schema: schemaOf(session) })),
    }));
}

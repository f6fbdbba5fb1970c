import type { Parameter } from '../../support/execute-packets.js';
import type { Flavour } from '../../support/servers/index.js';

/** Why a session may keep a server connection for itself after a statement; `session`: until it is reset. */
export type Hold = 'transaction' | 'autocommit' | 'session';

/**
 * One kind of statement. In the text `{word}` stands for any alternative of that word, `{3..9}` for a number, `$S` for the schema of the
 * session, `$N` for its number, `$ID` for its connection id. Own tables are named by words that begin with `own`.
 */
export interface Production {
  readonly sql: string;
  /** Default 1. */
  readonly weight?: number;
  readonly holds?: Hold;
  /** It holds from its PREPARE on. */
  readonly holdsPrepared?: true;
  /** What it ends when it succeeds, as far as that is certain. */
  readonly ends?: Hold;
  readonly only?: Flavour;
  /** Prepared and executed with values of these kinds, one for each `?`. */
  readonly values?: readonly ValueKind[];
}

export type ValueKind = 'int' | 'text';
export type Words = Readonly<Record<string, readonly string[]>>;

/** Statements of one subject. */
export interface Theme {
  readonly name: string;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  readonly statements: readonly (string | Production)[];
  /** Also: every statement of this theme may hold. */
  readonly holds?: Hold;
  readonly words?: Words;
  /** Every character of the texts is sent as one byte. */
  readonly isLatin1?: true;
}

export const VALUES: Readonly<Record<ValueKind, readonly Parameter[]>> = {
  int: [0, 1, 2, 3, 7, -1, 4_000_000_000, null],
  text: ['', 'x', 'größe', "it's", '2', 'back\\slash', null],
};

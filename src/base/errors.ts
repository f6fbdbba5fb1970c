import { type ErrorEntry, errorCatalogue } from './error-catalogue.js';

export type { ErrorEntry, ErrorKind } from './error-catalogue.js';
export { errorCatalogue } from './error-catalogue.js';

export type ErrorName = keyof typeof errorCatalogue;

/** The placeholder names of a text: `'a'|'b'` for `… {a} … {b} …`. */
type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;
type TextOf<Name extends ErrorName> = (typeof errorCatalogue)[Name]['text'];
export type ErrorValues<Name extends ErrorName> = Readonly<Record<Placeholders<TextOf<Name>>, string | number>>;

/** What an ERR packet carries, whether a server or weir says it; every WeirError is one. */
export interface ServerError {
  readonly errno: number;
  /** Five characters. */
  readonly sqlState: string;
  readonly message: string;
}

export interface ErrorExtras {
  /** Appended to the catalogue's text after `: `, e.g. the state of every server of a hostgroup. */
  readonly detail?: string;
  readonly cause?: unknown;
}

/** libmysqlclient keeps 512 bytes of a message, MYSQL_ERRMSG_SIZE; what is longer would be cut by the client in the middle of a character. */
export const maxMessageBytes = 511;

/** An error with the number, state and text that a client gets in an ERR packet. */
export class WeirError extends Error implements ServerError {
  override readonly name = 'WeirError';
  readonly entry: ErrorEntry;

  constructor(
    readonly code: ErrorName,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.entry = errorCatalogue[code];
  }

  get errno(): number {
    return this.entry.errno;
  }
  /** Five characters, without the `#` of the packet. */
  get sqlState(): string {
    return this.entry.sqlState;
  }
  get kind(): ErrorEntry['kind'] {
    return this.entry.kind;
  }
  get retryable(): boolean {
    return this.entry.retryable;
  }
}

type ErrorArguments<Name extends ErrorName> = [Placeholders<TextOf<Name>>] extends [never]
  ? [values?: Record<string, never>, extras?: ErrorExtras]
  : [values: ErrorValues<Name>, extras?: ErrorExtras];

/** Builds the error `name` of the catalogue; the compiler asks for exactly the values that its text has placeholders for. */
export function weirError<Name extends ErrorName>(name: Name, ...[values, extras]: ErrorArguments<Name>): WeirError {
  const text = fillPlaceholders(errorCatalogue[name].text, (values ?? {}) as Readonly<Record<string, string | number>>);
  const message = extras?.detail ? `${text}: ${extras.detail}` : text;
  return new WeirError(name, cutToBytes(message, maxMessageBytes), extras?.cause);
}

function fillPlaceholders(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

function cutToBytes(message: string, limit: number): string {
  if (Buffer.byteLength(message) <= limit) return message;
  const ellipsis = '…';
  let room = limit - Buffer.byteLength(ellipsis);
  let kept = '';
  for (const character of message) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    kept += character;
  }
  return kept + ellipsis;
}

/** Where a token stands; lines count from 1. */
export interface CnfPlace {
  readonly file: string;
  readonly line: number;
}

export type CnfScalar =
  | (CnfPlace & { readonly type: 'string'; readonly value: string })
  | (CnfPlace & { readonly type: 'integer'; readonly value: number })
  | (CnfPlace & { readonly type: 'float'; readonly value: number })
  | (CnfPlace & { readonly type: 'boolean'; readonly value: boolean });

/** `( … )`, values of any type. */
export type CnfList = CnfPlace & { readonly type: 'list'; readonly items: readonly CnfValue[] };
/** `[ … ]`, scalars of one type. */
export type CnfArray = CnfPlace & { readonly type: 'array'; readonly items: readonly CnfScalar[] };
/** `{ … }`, or the whole file. A name may stand in it twice: who reads the group says so with both lines. */
export type CnfGroup = CnfPlace & { readonly type: 'group'; readonly settings: readonly CnfSetting[] };

export type CnfValue = CnfScalar | CnfList | CnfArray | CnfGroup;

/** `name = value`; the place is that of the name. */
export interface CnfSetting extends CnfPlace {
  readonly name: string;
  readonly value: CnfValue;
}

/** A text that is not libconfig. The message says what was found and what is accepted; `file:line` stands in front of it in `toString()`. */
export class CnfError extends Error {
  override readonly name = 'CnfError';
  readonly file: string;
  readonly line: number;

  constructor(place: CnfPlace, message: string) {
    super(message);
    this.file = place.file;
    this.line = place.line;
  }

  override toString(): string {
    return `${this.file}:${this.line}: ${this.message}`;
  }
}

/** A value as an error message shows it: its kind and a short form. Texts are not shown whole, since they may be passwords. */
export function describeCnfValue(value: CnfValue): string {
  switch (value.type) {
    case 'string':
      return 'a text';
    case 'integer':
      return `the integer ${value.value}`;
    case 'float':
      return `the number ${value.value}`;
    case 'boolean':
      return String(value.value);
    case 'list':
      return 'a list ( … )';
    case 'array':
      return 'an array [ … ]';
    case 'group':
      return 'a group { … }';
  }
}

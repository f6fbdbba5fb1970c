import type { Parameter } from '../support/execute-packets.js';

/** What a client does once. Slots are names for the prepared statements of a session, whose ids are each server's own. */
export type Action =
  /** `$ID` is the number that the session got in its greeting. `isLatin1`: every character is one byte of the text. */
  | { readonly do: 'query'; readonly sql: string; readonly isLatin1?: true }
  | { readonly do: 'prepare'; readonly slot: number; readonly sql: string; readonly isLatin1?: true }
  /** `withoutTypes`: as a client does from the second time on, with values of the same types. */
  | {
      readonly do: 'execute';
      readonly slot: number;
      readonly values: readonly Parameter[];
      readonly withoutTypes?: true;
      readonly hasCursor?: true;
    }
  | { readonly do: 'fetch'; readonly slot: number; readonly rows: number }
  /** MariaDB's COM_STMT_BULK_EXECUTE. */
  | { readonly do: 'bulk'; readonly slot: number; readonly rows: readonly (readonly Parameter[])[] }
  | { readonly do: 'longData'; readonly slot: number; readonly parameter: number; readonly data: string }
  | { readonly do: 'resetStatement' | 'closeStatement'; readonly slot: number }
  | { readonly do: 'ping' | 'resetConnection' | 'reconnect' }
  /** Of another session, which says nothing meanwhile. */
  | { readonly do: 'kill'; readonly victim: number; readonly queryOnly: boolean }
  | { readonly do: 'initDb'; readonly schema: string }
  /** COM_SET_OPTION, for several statements in one text. */
  | { readonly do: 'setOption'; readonly isMulti: boolean }
  /** COM_FIELD_LIST. */
  | { readonly do: 'fieldList'; readonly table: string; readonly wildcard: string }
  /** Sent in one write; the answers are read afterwards. */
  | { readonly do: 'pipeline'; readonly actions: readonly Action[] }
  | { readonly do: 'changeUser'; readonly username: string; readonly schema: string };

export interface Step {
  /** From 0. */
  readonly session: number;
  readonly action: Action;
  /** It may be answered by a replica and must see what was written before: replicas are brought up to date first. */
  readonly needsSync?: true;
}

/** Steps of different sessions that are sent at the same time. */
export type Round = readonly Step[];
export type History = readonly Round[];

/** Nothing that replicas would have to follow. */
export function changesNothing(action: Action): boolean {
  if (action.do === 'pipeline') return action.actions.every(changesNothing);
  // autocommit = 1 commits.
  if (action.do === 'query') return /^\s*(SELECT|SHOW|SET|USE|DESC)\b[^;]*$/i.test(action.sql) && !/autocommit/i.test(action.sql);
  return action.do !== 'execute' && action.do !== 'resetConnection' && action.do !== 'changeUser';
}

/** How a step stands in a report. */
export function describeStep({ session, action, needsSync }: Step): string {
  const { do: what, ...rest } = action;
  const sync = needsSync === true ? ' (in sync)' : '';
  if (action.do === 'query') return `${session}> ${action.sql}${sync}`;
  return `${session}> ${what} ${Object.values(rest)
    .map((value) => JSON.stringify(value))
    .join(' ')}${sync}`;
}

export function describeHistory(history: History): string {
  return history.map((round) => round.map(describeStep).join('  ||  ')).join('\n');
}

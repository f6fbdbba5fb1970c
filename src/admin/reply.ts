import type { TextValue } from '../protocol/packets/text-row.js';

/** What a statement of the admin port answers. */
export type AdminReply =
  | {
      readonly kind: 'ok';
      readonly affectedRows: number;
      readonly info: string;
      /** What was accepted but has no effect; SHOW WARNINGS lists them until the next statement. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'rows'; readonly columns: readonly string[]; readonly rows: readonly (readonly TextValue[])[] };

export const ok = (affectedRows = 0, info = '', warnings: readonly string[] = []): AdminReply => ({
  kind: 'ok',
  affectedRows,
  info,
  warnings,
});
export const rows = (columns: readonly string[], values: readonly (readonly TextValue[])[]): AdminReply => ({
  kind: 'rows',
  columns,
  rows: values,
});

/** A statement that can not be executed; clients get it as error 1045, as from ProxySQL, with its prefix, unless another code is named. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  constructor(
    message: string,
    readonly code: { readonly errno: number; readonly sqlState: string } = { errno: 1045, sqlState: '28000' },
  ) {
    super(message);
  }
}

/** How one check of one server ended. */
export type CheckOutcome<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  /** The server answered and does not let the monitor in, or not do this: it is alive, and nothing was learned. */
  | { readonly kind: 'refused'; readonly errno: number; readonly message: string }
  | { readonly kind: 'timeout'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Errors by which a living server refuses the monitor's account, host or statement:
 * 1040 too many connections, 1044/1045/1698 access denied, 1129/1130 host blocked or not allowed, 1142/1227 privilege missing,
 * 1193 unknown system variable, 1203/1226 the account has too many connections, 1251/1524/2061 authentication plugin,
 * 1820/1862 password expired, 3118 account locked.
 */
const REFUSALS: ReadonlySet<number> = new Set([
  1040, 1044, 1045, 1129, 1130, 1142, 1193, 1203, 1226, 1227, 1251, 1524, 1698, 1820, 1862, 2061, 3118,
]);

/** Whether an ERR packet with this number says that the server is alive. */
export const isRefusal = (errno: number): boolean => REFUSALS.has(errno);

/** The account may log in and may not do this: 1044 schema, 1142 table, 1227 global privilege. */
export const isPrivilegeMissing = (errno: number): boolean => errno === 1044 || errno === 1142 || errno === 1227;

/** The time of a check is over. */
export class CheckTimeout extends Error {
  override readonly name = 'CheckTimeout';
}

/** Sorts what a check threw. mysql2's errors carry `errno` of the server, or a `code` of its own such as AUTH_SWITCH_PLUGIN_ERROR. */
export function outcomeOf(error: unknown): CheckOutcome<never> {
  const { message, errno, code } = error as { message: string; errno?: number; code?: string };
  if (error instanceof CheckTimeout || code === 'ETIMEDOUT') return { kind: 'timeout', message };
  if (typeof errno === 'number' && isRefusal(errno)) return { kind: 'refused', errno, message };
  if (code?.startsWith('AUTH_SWITCH_PLUGIN')) return { kind: 'refused', errno: 2061, message };
  return { kind: 'failed', message: message || code || String(error) };
}

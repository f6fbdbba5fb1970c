import { parseCredentials, textValue, type VariableValues } from '../config/variables.js';
import { verifySha2Password } from '../protocol/auth/caching-sha2.js';
import { parseNativeHash, verifyNativePassword, verifyNativeResponse } from '../protocol/auth/native-password.js';
import { AuthPlugin } from '../protocol/auth/plugins.js';
import type { AdminRole } from './context.js';

type AdminPlugin = typeof AuthPlugin.nativePassword | typeof AuthPlugin.cachingSha2;

export interface LoginAttempt {
  readonly username: string;
  readonly plugin: AdminPlugin;
  readonly response: Uint8Array;
  readonly scramble: Uint8Array;
  /** From this machine: loopback or a Unix socket. */
  readonly local: boolean;
}

/** `remote`: the password is right, but the account is for this machine only. */
export type LoginVerdict = AdminRole | 'denied' | 'remote';

/** What an account may do whose password is right. The accounts named admin and stats are for this machine only, as in ProxySQL. */
export function judgeLogin(attempt: LoginAttempt, variables: VariableValues): LoginVerdict {
  const found = find(attempt.username, variables);
  // The check runs for unknown names too, so that they take as long.
  const right = verify(attempt, found?.password ?? 'no such account');
  if (!right || found === null) return 'denied';
  const onlyLocal = attempt.username === 'admin' || attempt.username === 'stats';
  return onlyLocal && !attempt.local ? 'remote' : found.role;
}

/** Whether the client must be asked to prove its password in mysql_native_password: what it sent can not lead to a proof. */
export function mustAskNative(username: string, plugin: string, response: Uint8Array, variables: VariableValues): boolean {
  // One that waits to be asked, as the greeting was for another plugin.
  if (plugin === AuthPlugin.nativePassword) return response.length === 0;
  if (plugin !== AuthPlugin.cachingSha2) return true;
  return parseNativeHash(find(username, variables)?.password ?? '') !== null;
}

/** No response, or the single NUL by which caching_sha2_password says that there is no password. */
export const hasPassword = (response: Uint8Array): boolean => response.length > 1 || (response.length === 1 && response[0] !== 0);

function find(username: string, variables: VariableValues): { role: AdminRole; password: string } | null {
  for (const role of ['admin', 'stats'] as const) {
    const accounts = parseCredentials(textValue(variables, `admin-${role}_credentials`)) ?? [];
    const account = accounts.find((each) => each.username === username);
    if (account !== undefined) return { role, password: account.password };
  }
  return null;
}

/** A `*HEX` hash lets in who knows its password, by mysql_native_password; the hash itself is no password. */
function verify({ plugin, response, scramble }: LoginAttempt, password: string): boolean {
  const stage2 = parseNativeHash(password);
  if (stage2 !== null) return plugin === AuthPlugin.nativePassword && verifyNativeResponse(response, scramble, stage2) !== null;
  if (!hasPassword(response)) return password === '';
  return plugin === AuthPlugin.cachingSha2
    ? verifySha2Password(response, scramble, password)
    : verifyNativePassword(response, scramble, password);
}

/** Addresses of loopback; '' is a Unix socket. */
export function isLocal(address: string): boolean {
  return address === '' || address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

import { parseCredentials, textValue, type VariableValues } from '../config/variables.js';
import { verifySha2Password } from '../protocol/auth/caching-sha2.js';
import { verifyNativePassword } from '../protocol/auth/native-password.js';
import { AuthPlugin } from '../protocol/auth/plugins.js';
import type { AdminRole } from './context.js';

export interface LoginAttempt {
  readonly username: string;
  readonly plugin: typeof AuthPlugin.nativePassword | typeof AuthPlugin.cachingSha2;
  readonly response: Uint8Array;
  readonly scramble: Uint8Array;
  /** From this machine: loopback or a Unix socket. */
  readonly local: boolean;
}

/** The role of an account whose password is right; null otherwise. The accounts named admin and stats are for this machine only, as in ProxySQL. */
export function roleOf(attempt: LoginAttempt, variables: VariableValues): AdminRole | null {
  const found =
    find(variables, 'admin-admin_credentials', 'admin', attempt) ?? find(variables, 'admin-stats_credentials', 'stats', attempt);
  // The check runs for unknown names too, so that they take as long.
  const right = verify(attempt, found?.password ?? 'no such account');
  if (!right || found === null) return null;
  const onlyLocal = attempt.username === 'admin' || attempt.username === 'stats';
  return onlyLocal && !attempt.local ? null : found.role;
}

function find(
  variables: VariableValues,
  variable: string,
  role: AdminRole,
  attempt: LoginAttempt,
): { role: AdminRole; password: string } | null {
  const account = parseCredentials(textValue(variables, variable))?.find((each) => each.username === attempt.username);
  return account ? { role, password: account.password } : null;
}

function verify({ plugin, response, scramble }: LoginAttempt, password: string): boolean {
  return plugin === AuthPlugin.cachingSha2
    ? verifySha2Password(response, scramble, password)
    : verifyNativePassword(response, scramble, password);
}

/** Addresses of loopback; '' is a Unix socket. */
export function isLocal(address: string): boolean {
  return address === '' || address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

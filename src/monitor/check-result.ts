import { exhaustionOf } from '../base/descriptors.js';
import { causeOf, type Refusal, refusalText } from './refusal.js';

/** How one check of one server ended. */
export type CheckOutcome<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  /** The server answered and does not let the monitor in, or not do this: it is alive, and nothing was learned. */
  | ({ readonly kind: 'refused' } & Refusal)
  /** weir itself has run out of something, `code` says of what: nothing was learned either. */
  | { readonly kind: 'exhausted'; readonly code: string; readonly message: string }
  | { readonly kind: 'timeout'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** The time of a check is over. */
export class CheckTimeout extends Error {
  override readonly name = 'CheckTimeout';
}

/** The errors that checks see: of the system, of the resolver, of mysql2 with a `code` of its own, of the server with its `errno`. */
interface CheckError {
  readonly message: string;
  readonly errno?: number;
  readonly code?: string;
  /** getaddrinfo: `hostname` was not resolved. */
  readonly syscall?: string;
  readonly hostname?: string;
}

/** Sorts what a check threw. */
export function outcomeOf(error: unknown): CheckOutcome<never> {
  const { message, code, syscall, hostname } = error as CheckError;
  if (error instanceof CheckTimeout || code === 'ETIMEDOUT') return { kind: 'timeout', message };
  const exhausted = exhaustionOf(error);
  if (exhausted !== null) return { kind: 'exhausted', code: exhausted, message };
  const refusal = refusalOf(error as CheckError);
  if (refusal !== null) return { kind: 'refused', ...refusal };
  if (syscall === 'getaddrinfo') return { kind: 'failed', message: `host name ${hostname} does not resolve (${code})` };
  return { kind: 'failed', message: message || code || String(error) };
}

/** What the tables and the log say of it; null when it went well. */
export function problemOf(outcome: CheckOutcome<unknown>): string | null {
  switch (outcome.kind) {
    case 'ok':
      return null;
    case 'refused':
      return refusalText(outcome);
    case 'exhausted':
      return `weir itself has no resources left (${outcome.code}): ${outcome.message}`;
    case 'timeout':
    case 'failed':
      return outcome.message;
  }
}

function refusalOf({ message, errno, code, syscall }: CheckError): Refusal | null {
  const cause = causeOf(errno ?? 0);
  if (cause !== undefined) return { cause, errno: errno!, message };
  if (code?.startsWith('AUTH_SWITCH_PLUGIN')) return { cause: 'plugin', errno: 2061, message };
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return { cause: 'tls', errno: 0, message: 'use_ssl=1, but the server does not offer TLS' };
  // mysql2 gives this code to a connection that breaks during the TLS handshake as well: that server may be dying.
  if (code === 'HANDSHAKE_SSL_ERROR' && syscall === undefined && !/disconnected before secure TLS/.test(message))
    return { cause: 'tls', errno: 0, message: `TLS: ${message}` };
  return null;
}

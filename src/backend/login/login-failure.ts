import type { ServerError } from '../../base/errors.js';

export type LoginPhase = 'connect' | 'handshake' | 'authentication' | 'setup';

/** `error` is the server's own ERR when `fromServer`, else weir's finding with its cause. */
export interface LoginFailure {
  readonly phase: LoginPhase;
  readonly error: ServerError;
  readonly fromServer: boolean;
}

/** What a client library calls the same findings (MySQL "Client Error Message Reference"): operators know these numbers. */
const clientErrnos = {
  unreachableSocket: 2002,
  unreachableHost: 2003,
  lost: 2013,
  tls: 2026,
  malformed: 2027,
  authenticationPlugin: 2059,
  lacksCapabilities: 2012,
} as const;

/** A login that failed by weir's finding, not by an ERR of the server. */
export class LoginError extends Error implements ServerError {
  override readonly name = 'LoginError';
  readonly errno: number;
  readonly sqlState = 'HY000';

  constructor(kind: keyof typeof clientErrnos, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.errno = clientErrnos[kind];
  }
}

export const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

import { type ServerError, weirError } from '../base/errors.js';
import type { ServerKey } from '../base/ids.js';
import type { Waiter } from './waiter.js';

/** The numbers 2000 to 2999 are those of client libraries about themselves: the libraries take an ERR packet with one for malformed. */
export function tellable(
  error: ServerError,
  server: ServerKey,
  { hostgroup, identity }: Pick<Waiter, 'hostgroup' | 'identity'>,
): ServerError {
  if (error.errno < 2000 || error.errno > 2999) return error;
  return weirError(
    'backendLoginRefused',
    { server, hostgroup: hostgroup.id, user: identity.username },
    { detail: error.message, cause: error },
  );
}

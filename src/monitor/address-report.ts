import type { ServerKey } from '../base/ids.js';
import type { Logger } from '../base/log.js';
import type { AddressChange } from './server-address.js';

/** One log line for each change. */
export function reportAddress(log: Logger, server: ServerKey, change: AddressChange): void {
  switch (change.kind) {
    case 'none':
      return;
    case 'moved':
      log.warn({ server, from: change.from, to: change.to }, 'host name has another address; the server is checked there');
      return;
    case 'lost':
      log.error(
        { server, error: change.problem },
        'address of a server can not be looked up; the last one stays for mysql-monitor_local_dns_cache_ttl',
      );
      return;
    case 'found again':
      log.info({ server }, 'address of a server can be looked up again');
  }
}

import type { AdminContext } from '../context.js';
import { virtualTable } from './virtual-table.js';

const COLUMNS = ['client_address VARCHAR NOT NULL, error_count INT NOT NULL, last_updated BIGINT NOT NULL'];

/** Failed logins by client address; last_updated is Unix time in seconds, as in ProxySQL. */
export const statsClientHostCache = virtualTable('stats', 'stats_mysql_client_host_cache', COLUMNS, rowsOf);

/** The same; reading it forgets all, which lets blocked addresses in again. */
export const statsClientHostCacheReset = virtualTable('stats', 'stats_mysql_client_host_cache_reset', COLUMNS, (context) => {
  const rows = rowsOf(context);
  context.control.clientHosts.flush();
  return rows;
});

function rowsOf({ control }: AdminContext) {
  return control.clientHosts.list().map(({ address, errors, lastUpdatedSec }) => [address, errors, lastUpdatedSec]);
}

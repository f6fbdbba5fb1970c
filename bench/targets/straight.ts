import type { Cluster } from '../../test/support/servers/index.js';
import type { Target } from './target.js';

/** The primary itself: what every ratio is measured against. */
export function straightTarget(cluster: Cluster): Target {
  const { primary } = cluster;
  return {
    name: 'straight',
    title: `${primary.flavour === 'mariadb' ? 'MariaDB' : 'MySQL'} ${primary.version}, straight`,
    host: primary.host,
    port: primary.port,
    pid: null,
    isMultiplexing: false,
    stop: () => Promise.resolve(),
  };
}

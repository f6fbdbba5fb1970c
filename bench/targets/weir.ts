import type { Cluster } from '../../test/support/servers/index.js';
import { startWeir } from '../../test/support/weir.js';
import type { Target } from './target.js';

/**
 * weir with one worker in front of the pair. With the split, reads outside transactions go to the replicas, which HAProxy cannot do;
 * `weir-nosplit` sends everything to the primary for a comparison of the forwarding alone.
 */
export async function startWeirTarget(cluster: Cluster, hasSplit: boolean): Promise<Target> {
  const weir = await startWeir({
    cluster,
    mysqlVariables: {
      threads: 1,
      read_write_split: hasSplit ? 'auto' : 'off',
      // The defaults of a production setting: tests look at the servers much more often.
      monitor_ping_interval: 8000,
      monitor_ping_timeout: 1000,
      monitor_read_only_interval: 1000,
      monitor_read_only_timeout: 800,
    },
  });
  return {
    name: hasSplit ? 'weir' : 'weir-nosplit',
    title: hasSplit ? 'weir' : 'weir, no split',
    host: weir.host,
    port: weir.port,
    pid: weir.pid,
    isMultiplexing: true,
    stop: () => weir.kill(),
  };
}

import { LATENCY_BUCKET_COUNT } from './latency.js';
import type { ServerStats } from './snapshot.js';

/**
 * What one worker counts of one server in one hostgroup. The pool holds this object beside the server's connection lists and
 * increments its fields directly: no lookup and no allocation a query.
 */
export class ServerCounters {
  /** Gauges: leased connections, idle connections. */
  connUsed = 0;
  connFree = 0;
  /** Connections that were established, and attempts that failed. */
  connOk = 0;
  connErr = 0;
  /** High-water mark of `connUsed`; kept by `leased()`. */
  maxConnUsed = 0;
  queries = 0;
  /** Bytes written to the server and read from it. */
  bytesSent = 0;
  bytesReceived = 0;
  latencySumUs = 0;
  readonly latencyBuckets = new Float64Array(LATENCY_BUCKET_COUNT);

  constructor(
    readonly hostgroup: number,
    readonly hostname: string,
    readonly port: number,
  ) {}

  /** A connection went to a session. */
  leased(): void {
    this.connUsed++;
    if (this.connUsed > this.maxConnUsed) this.maxConnUsed = this.connUsed;
  }

  /** One statement ended after `latencyUs` microseconds (whole or fractional, 0 or greater); `bucket` is its `latencyBucket`. */
  queryEnded(latencyUs: number, bucket: number): void {
    this.queries++;
    this.latencySumUs += latencyUs;
    this.latencyBuckets[bucket]++;
  }

  /** The high-water mark starts again. */
  resetPeak(): void {
    this.maxConnUsed = this.connUsed;
  }

  snapshot(): ServerStats {
    return {
      hostgroup: this.hostgroup,
      hostname: this.hostname,
      port: this.port,
      connUsed: this.connUsed,
      connFree: this.connFree,
      connOk: this.connOk,
      connErr: this.connErr,
      maxConnUsed: this.maxConnUsed,
      queries: this.queries,
      bytesSent: this.bytesSent,
      bytesReceived: this.bytesReceived,
      latencyBuckets: Array.from(this.latencyBuckets),
      latencySumUs: this.latencySumUs,
    };
  }
}

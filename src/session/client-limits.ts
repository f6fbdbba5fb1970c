import type { ServerKey } from '../base/ids.js';

/** Leave to admit clients, leased from the control process as that for server connections is; `QuotaClient` of the link room. */
export interface AdmissionSource {
  tryOpen(key: ServerKey): boolean;
  closed(key: ServerKey): void;
  want(key: ServerKey, count: number): void;
}

/** How long a client waits while the other workers give back what they do not use. They answer within milliseconds. */
const WAIT_MS = 250;

interface Waiting {
  readonly onAdmitted: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * `mysql-max_connections` and a user's `max_connections` over all workers: each has a share, and asks for more when it is
 * used up. Exact: a limit is never exceeded, and nobody is refused while another worker has room.
 */
export class ClientLimits {
  private readonly waiting = new Map<ServerKey, Waiting[]>();

  constructor(private readonly source: AdmissionSource) {}

  /** Calls one of the two, at once where the share suffices. The returned function gives up waiting. */
  admit(key: ServerKey, onAdmitted: () => void, onRefused: () => void): () => void {
    if (this.source.tryOpen(key)) {
      onAdmitted();
      return () => {};
    }
    const queue = this.waiting.get(key) ?? [];
    this.waiting.set(key, queue);
    const leave = (): void => {
      clearTimeout(timer);
      const index = queue.indexOf(entry);
      if (index >= 0) queue.splice(index, 1);
      this.source.want(key, queue.length);
    };
    const timer = setTimeout(() => {
      leave();
      onRefused();
    }, WAIT_MS);
    const entry: Waiting = { onAdmitted, timer };
    queue.push(entry);
    this.source.want(key, queue.length);
    return leave;
  }

  gone(key: ServerKey): void {
    this.source.closed(key);
    this.onGrant(key);
  }

  /** There is room again. */
  onGrant(key: ServerKey): void {
    const queue = this.waiting.get(key);
    while (queue !== undefined && queue.length > 0 && this.source.tryOpen(key)) {
      const next = queue.shift() as Waiting;
      clearTimeout(next.timer);
      this.source.want(key, queue.length);
      next.onAdmitted();
    }
  }
}

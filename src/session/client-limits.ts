import type { ServerKey } from '../base/ids.js';
import { patientTimeout } from '../base/patient-timeout.js';

/** Leave to admit clients, leased from the control process as that for server connections is; `QuotaClient` of the link room. */
export interface AdmissionSource {
  tryOpen(key: ServerKey): boolean;
  closed(key: ServerKey): void;
  want(key: ServerKey, count: number): void;
}

/** How long a client waits while the other workers give back what they do not use. They answer within milliseconds. */
const WAIT_MS = 250;
/** More do not wait for one limit: a storm that is to be refused is refused at once. */
const LONGEST_QUEUE = 8_192;

interface Waiting {
  readonly onAdmitted: () => void;
  readonly cancelTimeout: () => void;
}

/**
 * `mysql-max_connections` and a user's `max_connections` over all workers: each has a share, and asks for more when it is
 * used up. Exact: a limit is never exceeded, and nobody is refused while another worker has room.
 */
export class ClientLimits {
  private readonly waiting = new Map<ServerKey, Waiting[]>();
  /** Whose wish has changed in this turn: told once, behind it. */
  private readonly changed = new Set<ServerKey>();

  constructor(private readonly source: AdmissionSource) {}

  /** Calls one of the two, at once where the share suffices. The returned function gives up waiting. */
  admit(key: ServerKey, onAdmitted: () => void, onRefused: () => void): () => void {
    if (this.source.tryOpen(key)) {
      onAdmitted();
      return () => {};
    }
    const queue = this.waiting.get(key) ?? [];
    this.waiting.set(key, queue);
    if (queue.length >= LONGEST_QUEUE) {
      onRefused();
      return () => {};
    }
    const leave = (): void => {
      cancelTimeout();
      const index = queue.indexOf(entry);
      if (index < 0) return;
      queue.splice(index, 1);
      this.wishChanged(key);
    };
    const cancelTimeout = patientTimeout(() => {
      leave();
      onRefused();
    }, WAIT_MS);
    const entry: Waiting = { onAdmitted, cancelTimeout };
    queue.push(entry);
    this.wishChanged(key);
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
      next.cancelTimeout();
      this.wishChanged(key);
      next.onAdmitted();
    }
  }

  private wishChanged(key: ServerKey): void {
    if (this.changed.size === 0) setImmediate(this.tellWishes);
    this.changed.add(key);
  }

  private readonly tellWishes = (): void => {
    for (const key of this.changed) this.source.want(key, this.waiting.get(key)?.length ?? 0);
    this.changed.clear();
  };
}

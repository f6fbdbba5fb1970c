import type { ServerKey } from '../base/ids.js';
import type { ToMain } from './messages.js';

/** What the quota of one server looks like in this worker. */
interface Holding {
  /** Connections that may be open, after what was given back. */
  granted: number;
  /** All that was given back since the worker started. */
  returned: number;
  /** Open or opening. */
  open: number;
  /** The control process's demand that is not met yet. */
  debt: number;
  /** Asked for and not answered with growth yet: what the control process knows of, or will when it has read what is on its way. */
  wished: number;
}

/** What the pool does when the quota changes. */
export interface QuotaListener {
  /** More connections may be opened: serve who waits. */
  onGrant(server: ServerKey): void;
  /** Close up to so many idle connections now, calling `closed()` for each. */
  closeIdle(server: ServerKey, connections: number): void;
}

/**
 * The worker's side of the quota leases: counts what is open against what is granted and pays demands from what is unused,
 * from idle connections, and later from connections as they close. The pool must close a connection that came back
 * while `inDebt()`, instead of keeping it idle.
 */
export class QuotaClient {
  readonly #holdings = new Map<ServerKey, Holding>();
  readonly #send: (message: ToMain) => void;
  readonly #listener: QuotaListener;

  constructor(send: (message: ToMain) => void, listener: QuotaListener) {
    this.#send = send;
    this.#listener = listener;
  }

  /** Takes the right to open one connection; false when there is none (then `want()`). */
  tryOpen(server: ServerKey): boolean {
    const holding = this.#holding(server);
    if (holding.open >= holding.granted) return false;
    holding.open++;
    return true;
  }

  /** A connection for which `tryOpen` gave the right is closed or could not be opened. */
  closed(server: ServerKey): void {
    const holding = this.#holding(server);
    holding.open = Math.max(0, holding.open - 1);
    this.#payUnused(server, holding);
  }

  /** `connections` wanted beyond the quota by those who wait now, 0 when nobody waits any more. Sent only when it changed. */
  want(server: ServerKey, connections: number): void {
    const holding = this.#holding(server);
    if (holding.wished === connections) return;
    holding.wished = connections;
    this.#send({ type: 'quota-request', server, connections, grantsSeen: holding.granted + holding.returned });
  }

  /** True while the control process wants connections back: do not keep idle ones. */
  inDebt(server: ServerKey): boolean {
    return this.#holding(server).debt > 0;
  }

  /** The message `quota`. */
  onQuota(server: ServerKey, connections: number, returnsSeen: number): void {
    const holding = this.#holding(server);
    const granted = connections - (holding.returned - returnsSeen);
    const growth = granted - holding.granted;
    holding.granted = granted;
    const paid = this.#payUnused(server, holding);
    // The control process takes the whole growth for the answer to the wish; what the debt has taken of it is wished for anew.
    const served = Math.max(0, growth) - paid;
    const { wished } = holding;
    holding.wished = Math.max(0, wished - Math.max(0, growth));
    if (served < growth) this.want(server, Math.max(0, wished - Math.max(0, served)));
    if (holding.open < holding.granted) this.#listener.onGrant(server);
  }

  /** The message `quota-reclaim`. */
  onReclaim(server: ServerKey, connections: number): void {
    const holding = this.#holding(server);
    holding.debt = connections;
    this.#payUnused(server, holding);
    if (holding.debt > 0) this.#listener.closeIdle(server, holding.debt);
  }

  /** Connections granted and open, for messages such as "max_connections 10 of 10.0.0.5:3306 reached". */
  usage(server: ServerKey): { readonly granted: number; readonly open: number } {
    const { granted, open } = this.#holding(server);
    return { granted, open };
  }

  /** How many were paid. */
  #payUnused(server: ServerKey, holding: Holding): number {
    const paid = Math.min(holding.debt, holding.granted - holding.open);
    if (paid <= 0) return 0;
    holding.debt -= paid;
    holding.granted -= paid;
    holding.returned += paid;
    this.#send({ type: 'quota-return', server, connections: paid });
    return paid;
  }

  #holding(server: ServerKey): Holding {
    const known = this.#holdings.get(server);
    if (known) return known;
    const holding: Holding = { granted: 0, returned: 0, open: 0, debt: 0, wished: 0 };
    this.#holdings.set(server, holding);
    return holding;
  }
}

/** Errors of one client address, as stats_mysql_client_host_cache shows them. */
export interface ClientHost {
  readonly address: string;
  readonly errors: number;
  /** Unix time, s. */
  readonly lastUpdatedSec: number;
}

export interface ClientHostLimits {
  /** Addresses kept; 0: none, and nobody is refused. */
  readonly cacheSize: number;
  /** Errors from which on an address is refused; 0: never. */
  readonly errorCounts: number;
}

/** Client addresses whose logins failed, over all workers. */
export class ClientHosts {
  readonly #hosts = new Map<string, ClientHost>();
  #limits: ClientHostLimits = { cacheSize: 0, errorCounts: 0 };
  #blocked: readonly string[] = [];

  /** @param onBlocked hears of the addresses to refuse each time that they change */
  constructor(
    private readonly onBlocked: (addresses: readonly string[]) => void,
    private readonly nowSec: () => number = () => Math.floor(Date.now() / 1000),
  ) {}

  /** As they are now: the longest without an error first. */
  list(): ClientHost[] {
    return [...this.#hosts.values()];
  }

  setLimits(limits: ClientHostLimits): void {
    this.#limits = limits;
    this.#shrink();
    this.#update();
  }

  /** An error counts on; a login that succeeds clears the address. */
  onLogin(address: string, failed: boolean): void {
    const errors = this.#hosts.get(address)?.errors ?? 0;
    if (!failed && errors === 0) return;
    this.#hosts.delete(address);
    // Set anew: the order of the map is that of the last errors.
    if (failed) this.#hosts.set(address, { address, errors: errors + 1, lastUpdatedSec: this.nowSec() });
    this.#shrink();
    this.#update();
  }

  flush(): void {
    this.#hosts.clear();
    this.#update();
  }

  #shrink(): void {
    for (const address of this.#hosts.keys()) {
      if (this.#hosts.size <= this.#limits.cacheSize) return;
      this.#hosts.delete(address);
    }
  }

  #update(): void {
    const { errorCounts } = this.#limits;
    const blocked = errorCounts === 0 ? [] : this.list().flatMap(({ address, errors }) => (errors >= errorCounts ? [address] : []));
    if (blocked.join() === this.#blocked.join()) return;
    this.#blocked = blocked;
    this.onBlocked(blocked);
  }
}

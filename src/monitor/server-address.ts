import { lookup } from 'node:dns/promises';

/** The addresses of a host name, the best first. @throws Error of the resolver */
export type ResolveName = (hostname: string) => Promise<readonly string[]>;

export const resolveName: ResolveName = async (hostname) => (await lookup(hostname, { all: true })).map(({ address }) => address);

export interface AddressOptions {
  /** As configured: a name, an address, or with port 0 the path of a Unix socket. */
  readonly hostname: string;
  readonly port: number;
  readonly resolve: ResolveName;
  /** How long an address is good when the name is not resolved any more, ms. */
  readonly ttlMs: number;
  readonly nowMs: () => number;
}

/** What a look at the name found. */
export type AddressChange =
  | { readonly kind: 'none' }
  | { readonly kind: 'moved'; readonly from: string; readonly to: string }
  /** The first failure in a row. */
  | { readonly kind: 'lost'; readonly problem: string }
  | { readonly kind: 'found again' };

const NONE: AddressChange = { kind: 'none' };

/** The address that a server's name has, so that the monitor notices when it has another one and outlives a resolver that is away. */
export class ServerAddress {
  #address: string | null = null;
  #seenAtMs = 0;
  #isLost = false;

  constructor(private readonly options: AddressOptions) {}

  /** Whether there is a name to look at. */
  get isName(): boolean {
    const { hostname, port } = this.options;
    return port !== 0 && !/^[\d.]+$|:/.test(hostname);
  }

  /** What to connect to. */
  get current(): string {
    const { hostname, ttlMs, nowMs } = this.options;
    return this.#address !== null && nowMs() - this.#seenAtMs <= ttlMs ? this.#address : hostname;
  }

  /** Asks the resolver; never rejects. An address that the name still has stays. */
  async look(): Promise<AddressChange> {
    const { hostname, resolve, nowMs } = this.options;
    try {
      const [first, ...others] = await resolve(hostname);
      if (first === undefined) throw new Error(`host name ${hostname} has no address`);
      const wasLost = this.#isLost;
      const from = this.#address;
      this.#isLost = false;
      this.#seenAtMs = nowMs();
      if (from === first || (from !== null && others.includes(from))) return wasLost ? { kind: 'found again' } : NONE;
      this.#address = first;
      return from === null ? NONE : { kind: 'moved', from, to: first };
    } catch (error) {
      if (this.#isLost) return NONE;
      this.#isLost = true;
      const { code, message } = error as NodeJS.ErrnoException;
      return { kind: 'lost', problem: code === undefined ? message : `host name ${hostname} does not resolve (${code})` };
    }
  }
}

/**
 * Host parts of accounts (manual: "Specifying Account Names"): an address, a name, a pattern of `%` and `_`, or a network as
 * `a.b.c.d/mask` or `address/bits`. weir looks no names up, as a server with skip_name_resolve: of names only `localhost` ever fits.
 */
export type HostMatcher = (name: string) => boolean;

/** What a client's address is called in accounts: one from this machine is `localhost` too. '' is a Unix socket. */
export function hostNamesOf(address: string): string[] {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
  if (plain === '') return ['localhost'];
  return plain === '::1' || plain.startsWith('127.') ? [plain, 'localhost'] : [plain];
}

export function hostMatcher(host: string): HostMatcher {
  const pattern = host.toLowerCase();
  if (pattern === '' || pattern === '%') return () => true;
  const network = networkOf(pattern);
  if (network !== null) return (name) => isWithin(network, addressBytes(name));
  if (!isPattern(pattern)) return (name) => name === pattern || sameAddress(name, pattern);
  const regex = patternRegex(pattern);
  return (name) => regex.test(name);
}

/** Sorts the more specific host first; the ranks are those of the manual's "Access Control, Stage 1". */
export function compareHosts(left: string, right: string): number {
  return (
    rankOf(left) - rankOf(right) || firstWildcard(right) - firstWildcard(left) || right.length - left.length || (left < right ? -1 : 1)
  );
}

function rankOf(host: string): number {
  if (host === '') return 5;
  if (host === '%') return 4;
  const network = networkOf(host.toLowerCase());
  // Longer prefixes first.
  if (network !== null) return 2 - network.mask.reduce((sum, byte) => sum + bitsOf(byte), 0) / 129;
  return isPattern(host) ? 3 : 0;
}

function firstWildcard(host: string): number {
  const index = host.search(/[%_]/);
  return index < 0 ? Number.MAX_SAFE_INTEGER : index;
}

const isPattern = (host: string): boolean => /[%_]/.test(host);

/** `\%` and `\_` stand for themselves. */
function patternRegex(pattern: string): RegExp {
  const source = pattern.replace(/\\[%_\\]|[\s\S]/g, (part) => {
    if (part === '%') return '.*';
    if (part === '_') return '.';
    return part.slice(-1).replace(/[.*+?^${}()|[\]\\/-]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}

interface Network {
  readonly address: readonly number[];
  readonly mask: readonly number[];
}

function networkOf(host: string): Network | null {
  const slash = host.indexOf('/');
  if (slash < 0) return null;
  const address = addressBytes(host.slice(0, slash));
  const mask = address === null ? null : maskBytes(host.slice(slash + 1), address.length);
  return address === null || mask === null ? null : { address, mask };
}

function maskBytes(text: string, length: number): number[] | null {
  if (!/^\d+$/.test(text)) {
    const mask = addressBytes(text);
    return mask?.length === length ? mask : null;
  }
  const bits = Number(text);
  if (bits > length * 8) return null;
  return Array.from({ length }, (_, index) => (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff);
}

function isWithin({ address, mask }: Network, candidate: readonly number[] | null): boolean {
  return (
    candidate?.length === address.length && candidate.every((byte, index) => (byte & mask[index]!) === (address[index]! & mask[index]!))
  );
}

function sameAddress(left: string, right: string): boolean {
  const [a, b] = [addressBytes(left), addressBytes(right)];
  return a !== null && b !== null && a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** 4 or 16 bytes; null when the text is no address. */
function addressBytes(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return parts.map(Number);
  return text.includes(':') ? longAddressBytes(text) : null;
}

function longAddressBytes(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}

function bitsOf(byte: number): number {
  return byte === 0 ? 0 : (byte & 1) + bitsOf(byte >> 1);
}

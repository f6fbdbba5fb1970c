/** Where to listen. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly text: string; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly text: string; readonly path: string };

/**
 * The addresses of an `interfaces` variable: `host:port`, `[ipv6]:port` and paths of Unix sockets (they begin with `/`), separated
 * by `;`. A bare `:port` listens on all IPv4 addresses, as `0.0.0.0:port`.
 * @throws Error that names the part which is no address
 */
export function parseListenAddresses(text: string): ListenAddress[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseOne);
}

function parseOne(text: string): ListenAddress {
  if (text.startsWith('/')) return { kind: 'unix', text, path: text };
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:[\]]*)):(\d{1,5})$/.exec(text);
  const port = match ? Number(match[3]) : Number.NaN;
  if (!match || !(port <= 65_535)) throw new Error(`"${text}" is no address: host:port, [ipv6]:port or the path of a Unix socket`);
  return { kind: 'tcp', text, host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

/** An address that weir listens on. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export const acceptedInterfaces = '"host:port", "[IPv6]:port" or "/path/of.sock", separated by ";"';

/**
 * Reads the `interfaces` syntax of ProxySQL: `0.0.0.0:6033;[::1]:6033;/tmp/weir.sock`. An empty text is an empty list.
 * @returns null when a part is neither an address nor an absolute path, or stands there twice
 */
export function parseInterfaces(text: string): ListenAddress[] | null {
  const parts = text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (new Set(parts).size !== parts.length) return null;
  const addresses = parts.map(parseInterface);
  return addresses.every((address) => address !== null) ? addresses : null;
}

function parseInterface(text: string): ListenAddress | null {
  // 107 bytes: sun_path of Linux without its NUL.
  if (text.startsWith('/')) return Buffer.byteLength(text) <= 107 ? { kind: 'unix', path: text } : null;
  const match = /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const port = Number(match[3]);
  return port >= 1 && port <= 65535 ? { kind: 'tcp', host: (match[1] ?? match[2])!, port } : null;
}

/** The address as it is written in `interfaces`. */
export function formatInterface(address: ListenAddress): string {
  if (address.kind === 'unix') return address.path;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

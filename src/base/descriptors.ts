import { closeSync, openSync, readFileSync } from 'node:fs';

/** Descriptors that a process has open before its first client, at most: its log, its event loop, the link, listening sockets. */
const OWN_DESCRIPTORS = 40;
const SMALLEST_RESERVE = 16;
const LARGEST_RESERVE = 1_024;
const LAST_RESORT = 8;

/** How many files this process may have open. */
export interface DescriptorLimit {
  /** `ulimit -n`; Infinity where the system does not tell. */
  readonly limit: number;
  /**
   * The system gives the lowest free number: a client with this number or a higher one would take what server connections and weir
   * itself need. A tenth of the limit, but 16 to 1,024, is kept for those.
   */
  readonly firstReserved: number;
  /** Connections to servers end here, so that a client can still be accepted and told, and weir itself can open a file. */
  readonly lastResort: number;
}

export function descriptorLimit(limit: number = openFilesLimit()): DescriptorLimit {
  if (limit === Number.POSITIVE_INFINITY) return { limit, firstReserved: limit, lastResort: limit };
  const reserve = Math.min(LARGEST_RESERVE, Math.max(SMALLEST_RESERVE, Math.floor(limit / 10)));
  return { limit, firstReserved: Math.max(1, limit - reserve), lastResort: Math.max(1, limit - LAST_RESORT) };
}

/** What is wanted of all workers together. */
export interface DescriptorNeed {
  readonly workers: number;
  /** `mysql-max_connections`. */
  readonly clients: number;
  /** `max_connections` of all servers together. */
  readonly serverConnections: number;
}

/** What `ulimit -n` is too small for, in words; null when it suffices. */
export function descriptorShortage({ workers, clients, serverConnections }: DescriptorNeed, { limit }: DescriptorLimit): string | null {
  const needed = OWN_DESCRIPTORS + Math.ceil((clients + serverConnections) / workers);
  if (needed <= limit) return null;
  const possible = Math.max(0, workers * (limit - OWN_DESCRIPTORS) - serverConnections);
  return (
    `each of ${workers} workers may open ${limit} files (ulimit -n), which is not enough for mysql-max_connections = ${clients} and ` +
    `${serverConnections} connections to servers: from about ${possible} clients on, more are refused with error 1040; needed: ${needed}`
  );
}

/** The soft limit, which Node has raised to the hard one when it started. */
function openFilesLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    const limit = Number(soft);
    return Number.isInteger(limit) ? limit : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** What this machine or this process has too little of: descriptors, ports, memory for sockets. It says nothing about a server. */
const EXHAUSTIONS: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

/**
 * The code of the system's error in `error` or its causes that means that weir itself has run out of something; else null. A resolver that
 * can not open its files says that the name is not there (ENOTFOUND), so behind that `lack` is asked.
 */
export function exhaustionOf(error: unknown, lack: () => string | null = lackOfDescriptors): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, syscall } = at as NodeJS.ErrnoException;
    if (EXHAUSTIONS.has(code)) return code as string;
    if (syscall === 'getaddrinfo') return lack();
  }
  return null;
}

/** Whether a file can be opened now: null, or the error's code. */
function lackOfDescriptors(): string | null {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return EXHAUSTIONS.has(code) ? (code as string) : null;
  }
}

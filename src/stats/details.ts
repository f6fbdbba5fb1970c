import type { DigestDelta, ErrorDelta } from './digest-delta.js';

/** A client, for the process list. */
export interface SessionRow {
  readonly worker: number;
  /** What the client sees as its connection id. */
  readonly id: number;
  /** '' before the login is complete. */
  readonly username: string;
  readonly schema: string;
  readonly clientHost: string;
  readonly clientPort: number;
  /** Of the connection to a server that it has or keeps; null without one. */
  readonly backend: SessionBackend | null;
  /** `Connect`, `Sleep`, `Query`, `Prepare`, `Execute`, … as servers name them. */
  readonly command: string;
  /** Since the command came, or since the last one ended. */
  readonly timeMs: number;
  /** Text of the statement under way; null when there is none. */
  readonly info: string | null;
  readonly statusFlags: number;
  /** Why it keeps its connection; empty: it does not. */
  readonly pins: readonly string[];
  readonly inTransaction: boolean;
  readonly autocommit: boolean;
  readonly encrypted: boolean;
  readonly preparedStatements: number;
  /** System variables that follow the session, by name. */
  readonly variables: Readonly<Record<string, string>>;
  /** It waits for a connection. */
  readonly waiting: boolean;
}

export interface SessionBackend {
  readonly hostgroup: number;
  readonly hostname: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** The server's connection id. */
  readonly threadId: number;
}

/** An idle connection to a server. */
export interface FreeConnectionRow {
  readonly worker: number;
  readonly hostgroup: number;
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly schema: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly autocommit: boolean;
  readonly idleMs: number;
  readonly ageMs: number;
  readonly threadId: number;
  readonly serverVersion: string;
  readonly preparedStatements: number;
  readonly bytesReceived: number;
}

/** A text that clients of a worker have prepared, or that its connections to servers have. */
export interface PreparedStatementRow {
  readonly schemaname: string;
  readonly username: string;
  readonly digest: string;
  readonly query: string;
  readonly clientReferences: number;
  readonly serverReferences: number;
  readonly columns: number;
  readonly parameters: number;
}

/** One worker process; memory in bytes. */
export interface MemoryRow {
  readonly worker: number;
  readonly pid: number;
  readonly sessions: number;
  readonly cpuUserUs: number;
  readonly cpuSystemUs: number;
  /** Longest time that the event loop was busy with one thing in the last minute. */
  readonly loopDelayMaxUs: number;
  readonly rss: number;
  readonly heapTotal: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  /** Digests that the worker remembers with their verdict. */
  readonly digestEntries: number;
}

/** What workers are asked for only when somebody wants to see it, by the name of the request. */
export interface DetailRows {
  readonly sessions: SessionRow;
  readonly 'free-connections': FreeConnectionRow;
  readonly 'prepared-statements': PreparedStatementRow;
  readonly memory: MemoryRow;
  /** Handed over: the worker counts from 0 again. */
  readonly digests: DigestDelta;
  /** Handed over, as digests. */
  readonly errors: ErrorDelta;
}
export type DetailName = keyof DetailRows;

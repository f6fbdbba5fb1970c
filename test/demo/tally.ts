import { KINDS, type Kind } from './application.js';

/** A server as the table shows it. */
export interface ShownServer {
  readonly serverId: number;
  readonly role: 'primary' | 'replica';
  readonly port: number;
}

type Counts = Record<Kind, number>;

/** Counts what ran where. A statement is on the wrong server when that is not of the role that its kind expects. */
export class Tally {
  wrong = 0;
  errors = 0;
  /** The first error's text, the most telling one. */
  firstError: string | null = null;
  private readonly counts: ReadonlyMap<number, Counts>;
  private readonly roles: ReadonlyMap<number, ShownServer['role']>;

  constructor(readonly servers: readonly ShownServer[]) {
    this.counts = new Map(servers.map((server) => [server.serverId, emptyCounts()]));
    this.roles = new Map(servers.map((server) => [server.serverId, server.role]));
  }

  readonly executed = (kind: Kind, serverId: number): void => {
    const counts = this.counts.get(serverId);
    if (counts !== undefined) counts[kind] += 1;
    if (this.roles.get(serverId) !== KINDS[kind].expects) this.wrong += 1;
  };

  failed(error: unknown): void {
    this.errors += 1;
    this.firstError ??= error instanceof Error ? error.message : String(error);
  }

  count(serverId: number, kind: Kind): number {
    return this.counts.get(serverId)?.[kind] ?? 0;
  }

  get total(): number {
    return this.servers.reduce((sum, server) => sum + this.totalOf(server.serverId), 0);
  }

  totalOf(serverId: number): number {
    return kinds().reduce((sum, kind) => sum + this.count(serverId, kind), 0);
  }
}

export function kinds(): Kind[] {
  return Object.keys(KINDS) as Kind[];
}

function emptyCounts(): Counts {
  return { read: 0, lockingRead: 0, transactionRead: 0, write: 0 };
}

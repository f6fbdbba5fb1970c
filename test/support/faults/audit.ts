import type { RowDataPacket } from 'mysql2/promise';
import type { Ledger, LedgerOfClient } from '../checked-load/messages.js';
import { type RunningServer, waitUntilApplied, withRoot } from '../servers/index.js';
import { rowsOf } from '../statements.js';
import type { FaultBed } from './bed.js';

const SYNC_TIMEOUT_MS = 60_000;
const SHOWN = 10;

export interface AuditReport {
  readonly acknowledged: number;
  /** Of those whose fate clients were not told: how many are there. */
  readonly unknown: number;
  readonly unknownStored: number;
  readonly refused: number;
  readonly wrong: readonly string[];
}

/** Compares what clients know with the ledger table of every server, once replication has caught up. */
export async function audit(bed: FaultBed, ledger: Ledger): Promise<AuditReport> {
  const replicas = bed.replicas.map(({ server }) => server);
  await waitUntilApplied(bed.primary.server, replicas, SYNC_TIMEOUT_MS);
  const wrong: string[] = [];
  const sum = (of: (client: LedgerOfClient) => number): number => ledger.reduce((total, client) => total + of(client), 0);
  let unknownStored = 0;
  for (const server of [bed.primary.server, ...replicas]) {
    const stored = await storedOn(server);
    const found = ledger.flatMap((client) => compare(client, stored.get(client.client) ?? new Map()));
    wrong.push(...found.slice(0, SHOWN).map((text) => `server ${server.serverId}: ${text}`));
    if (found.length > SHOWN) wrong.push(`server ${server.serverId}: ${found.length - SHOWN} more`);
    if (server === bed.primary.server)
      unknownStored = sum((client) => client.unknown.filter((id) => stored.get(client.client)?.has(id)).length);
  }
  wrong.push(...(await writtenElsewhere(bed)));
  return {
    acknowledged: sum((client) => client.last - client.unknown.length - client.refused.length),
    unknown: sum((client) => client.unknown.length),
    unknownStored,
    refused: sum((client) => client.refused.length),
    wrong,
  };
}

/** Each row says which server executed its INSERT. */
async function writtenElsewhere(bed: FaultBed): Promise<string[]> {
  const rows = await withRoot(bed.primary.server, (root) =>
    rowsOf(root, 'SELECT server, COUNT(*) AS times FROM app.ledger GROUP BY server'),
  );
  return rows
    .filter((row) => !bed.everPrimary.has(Number(row['server'])))
    .map((row) => `${row['times']} rows were written by server ${row['server']}, which never was the primary`);
}

/** By client and sequence number: the parts that are stored, e.g. `0,1`. */
type Stored = Map<number, Map<number, string>>;

async function storedOn(server: RunningServer): Promise<Stored> {
  return withRoot(server, async (root) => {
    const [rows] = await root.query<RowDataPacket[]>(
      "SELECT client, sequence, GROUP_CONCAT(part ORDER BY part SEPARATOR ',') AS parts FROM app.ledger GROUP BY client, sequence",
    );
    const stored: Stored = new Map();
    for (const { client, sequence, parts } of rows) {
      const ofClient = stored.get(client) ?? new Map<number, string>();
      stored.set(client, ofClient.set(Number(sequence), String(parts)));
    }
    return stored;
  });
}

/** What a server has stored of one client, by sequence number, against what the client knows. */
export function compare({ client, parts, last, unknown, refused }: LedgerOfClient, stored: ReadonlyMap<number, string>): string[] {
  const whole = Array.from({ length: parts }, (_, part) => part).join(',');
  const [maybe, never] = [new Set(unknown), new Set(refused)];
  const wrong: string[] = [];
  for (let sequence = 1; sequence <= last; sequence++) {
    const found = stored.get(sequence) ?? '';
    const accepted = never.has(sequence) ? [''] : maybe.has(sequence) ? ['', whole] : [whole];
    if (accepted.includes(found)) continue;
    const fate = never.has(sequence) ? 'was refused' : maybe.has(sequence) ? 'is of unknown fate' : 'was acknowledged';
    wrong.push(`work ${sequence} of client ${client} ${fate}; parts stored: ${found === '' ? 'none' : found}`);
  }
  for (const sequence of stored.keys()) {
    if (sequence > last || sequence < 1) wrong.push(`work ${sequence} of client ${client} is stored and was never sent`);
  }
  return wrong;
}

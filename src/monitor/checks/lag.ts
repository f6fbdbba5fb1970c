import type { ServerKey } from '../../base/ids.js';
import { serverKey } from '../../base/ids.js';
import { type CheckOutcome, outcomeOf } from '../check-result.js';
import type { MonitorConnection, MonitorConnections } from '../monitor-connections.js';

export type Lag =
  /** The server is no replica. */
  | { readonly kind: 'none' }
  | { readonly kind: 'behind'; readonly ms: number }
  /** Replication goes on, its connection does not: how far behind it is can not be known from the server. */
  | { readonly kind: 'connecting'; readonly reason: string }
  /** Replication does not go on until somebody does something. */
  | { readonly kind: 'stopped'; readonly reason: string };

/** What a server says of its replication: the worst of its channels. */
export interface LagReading {
  readonly lag: Lag;
  /** From where it replicates, as its own configuration names it. */
  readonly sources: readonly ServerKey[];
}

/** Errors of servers are as long as a statement; this much of them is told. */
const LONGEST_ERROR = 200;

/** How far the server is behind its sources. */
export async function checkLag(connections: MonitorConnections, timeoutMs: number): Promise<CheckOutcome<LagReading>> {
  try {
    return { kind: 'ok', value: readingOf(await connections.run(timeoutMs, readChannels)) };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** One row of SHOW REPLICA STATUS, under the names of either vocabulary. */
export type ChannelRow = Readonly<Record<string, unknown>>;

/** SHOW REPLICA STATUS came with MySQL 8.0.22 and MariaDB 10.5.1; older servers answer 1064. */
function readChannels(connection: MonitorConnection): Promise<ChannelRow[]> {
  return connection.query('SHOW REPLICA STATUS').catch((error: { errno?: number }) => {
    if (error.errno !== 1064) throw error;
    return connection.query('SHOW SLAVE STATUS');
  });
}

export function readingOf(rows: readonly ChannelRow[]): LagReading {
  // Group Replication has channels of its own, whose threads rest while all is well.
  const channels = rows.filter((row) => !textOf(row, 'Channel_Name').startsWith('group_replication_'));
  const lags = channels.map(lagOfChannel);
  return { lag: lags.reduce(worse, { kind: 'none' }), sources: channels.flatMap(sourceOf) };
}

function lagOfChannel(row: ChannelRow): Lag {
  const io = textOf(row, 'Replica_IO_Running', 'Slave_IO_Running');
  if (textOf(row, 'Replica_SQL_Running', 'Slave_SQL_Running') !== 'Yes') return { kind: 'stopped', reason: stopped(row, 'SQL') };
  if (io === 'No') return { kind: 'stopped', reason: stopped(row, 'IO') };
  const seconds = row['Seconds_Behind_Source'] ?? row['Seconds_Behind_Master'] ?? null;
  // MariaDB says Preparing for a moment; with both threads running NULL is as short a moment.
  if (io !== 'Yes' || seconds === null)
    return { kind: 'connecting', reason: withError('replication is connecting to its source', row, 'IO') };
  return { kind: 'behind', ms: Number(seconds) * 1000 };
}

const stopped = (row: ChannelRow, thread: 'IO' | 'SQL'): string => withError(`replication ${thread} thread is stopped`, row, thread);

function withError(text: string, row: ChannelRow, thread: 'IO' | 'SQL'): string {
  const channel = textOf(row, 'Channel_Name', 'Connection_name');
  const named = channel === '' ? text : `${text} (channel ${channel})`;
  const error = textOf(row, `Last_${thread}_Error`).replace(/\s+/g, ' ');
  if (error === '') return named;
  return `${named}: ${error.length > LONGEST_ERROR ? `${error.slice(0, LONGEST_ERROR)}…` : error}`;
}

function sourceOf(row: ChannelRow): ServerKey[] {
  const host = textOf(row, 'Source_Host', 'Master_Host');
  return host === '' ? [] : [serverKey(host, Number(row['Source_Port'] ?? row['Master_Port']))];
}

const textOf = (row: ChannelRow, ...names: string[]): string => String(names.map((name) => row[name]).find((value) => value != null) ?? '');

const ORDER = ['none', 'behind', 'connecting', 'stopped'] as const;

function worse(a: Lag, b: Lag): Lag {
  if (a.kind === 'behind' && b.kind === 'behind') return a.ms >= b.ms ? a : b;
  return ORDER.indexOf(a.kind) >= ORDER.indexOf(b.kind) ? a : b;
}

/** Seconds as the log table shows them; null where there is no number. */
export const lagSeconds = (reading: LagReading): number | null =>
  reading.lag.kind === 'behind' ? Math.floor(reading.lag.ms / 1000) : null;

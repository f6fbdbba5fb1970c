import type { ServerKey } from '../../base/ids.js';
import { serverKey } from '../../base/ids.js';

export type Lag =
  /** The server is no replica. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'behind';
      readonly ms: number;
      /** The number grows with time alone, also while nobody can write anything: that of a heartbeat. */
      readonly byTime?: true;
      /** How far it is behind what its source has had: where that is a replica, its own lag comes on top. */
      readonly ofSource?: true;
    }
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

const CHANNEL_NAMES = ['Channel_Name', 'Connection_name'] as const;

/** One row of SHOW REPLICA STATUS, under the names of either vocabulary. */
export type ChannelRow = Readonly<Record<string, unknown>>;

/** Milliseconds that a channel is behind, where there is something more exact than its whole seconds; else null. */
export type ExactLag = (channel: string, seconds: number) => number | null;

/** What the rows say, with a more exact number for channels that are well. */
export function readingOf(rows: readonly ChannelRow[], exactMs: ExactLag = () => null): LagReading {
  // Group Replication has channels of its own, whose threads rest while all is well.
  const channels = rows.filter((row) => !textOf(row, 'Channel_Name').startsWith('group_replication_'));
  const lags = channels.map((row) => lagOfChannel(row, exactMs));
  return { lag: lags.reduce(worse, { kind: 'none' }), sources: channels.flatMap(sourceOf) };
}

function lagOfChannel(row: ChannelRow, exactMs: ExactLag): Lag {
  const io = textOf(row, 'Replica_IO_Running', 'Slave_IO_Running');
  if (textOf(row, 'Replica_SQL_Running', 'Slave_SQL_Running') !== 'Yes') return { kind: 'stopped', reason: stopped(row, 'SQL') };
  if (io === 'No') return { kind: 'stopped', reason: stopped(row, 'IO') };
  const seconds = row['Seconds_Behind_Source'] ?? row['Seconds_Behind_Master'] ?? null;
  // MariaDB says Preparing for a moment; with both threads running NULL is as short a moment.
  if (io !== 'Yes' || seconds === null)
    return { kind: 'connecting', reason: withError('replication is connecting to its source', row, 'IO') };
  // The server's seconds are those since the first server of a chain committed, whatever is in between.
  const ms = exactMs(textOf(row, ...CHANNEL_NAMES), Number(seconds));
  return ms === null ? { kind: 'behind', ms: Number(seconds) * 1000 } : { kind: 'behind', ms, ofSource: true };
}

const stopped = (row: ChannelRow, thread: 'IO' | 'SQL'): string => withError(`replication ${thread} thread is stopped`, row, thread);

function withError(text: string, row: ChannelRow, thread: 'IO' | 'SQL'): string {
  const channel = textOf(row, ...CHANNEL_NAMES);
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

import type { ServerStatus } from '../../config/snapshot.js';

/** How a server stands in a hostgroup: its status, or that it is ONLINE and gets no statements, by its weight or its latency. */
export type StandingState = ServerStatus | 'ONLINE_UNUSED';

/** What can happen to a server or a worker, with the states that it can lead to. */
export const eventKinds = {
  /** A server is in a hostgroup where it was not: the configuration says so. */
  joined: ['ONLINE', 'ONLINE_UNUSED', 'SHUNNED', 'OFFLINE_SOFT', 'OFFLINE_HARD'],
  /** The configuration has it there no longer. */
  left: ['none'],
  status: ['ONLINE', 'ONLINE_UNUSED', 'SHUNNED', 'OFFLINE_SOFT', 'OFFLINE_HARD'],
  role: ['writer', 'reader'],
  /** Several servers of a pair accept writes; told of the known writer. */
  conflict: ['conflict'],
  /** A living server does not let the monitor in, or not ask. */
  monitor_refusal: ['refused'],
  worker_death: ['dead'],
  /** The end of any of these troubles: SHUNNED, ONLINE_UNUSED, conflict, refused, dead. */
  recovery: ['ONLINE', 'none', 'accepted', 'running'],
} as const;

export type EventKind = keyof typeof eventKinds;

export interface ServerEvent {
  readonly kind: EventKind;
  /** `host:port`, or `worker 3`. */
  readonly server: string;
  /** The hostgroups that it is about; none for what concerns no hostgroup. */
  readonly hostgroups: readonly number[];
  /** `none` where there was nothing before. */
  readonly from: string;
  readonly to: string;
  /** Of a recovery: what the trouble was. '' where there is nothing to say. */
  readonly reason: string;
  /** Further fields of its log line. */
  readonly details?: Readonly<Record<string, string | number>>;
}

export interface RecordedEvent extends ServerEvent {
  /** Of this machine's clock, since 1970. */
  readonly timeMs: number;
}

/** As it is shown everywhere: UTC, ISO 8601, with milliseconds. */
export const timeText = (event: RecordedEvent): string => new Date(event.timeMs).toISOString();

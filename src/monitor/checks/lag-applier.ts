import type { ExactLag } from './lag-channels.js';

/**
 * Where each applier of each channel stands, MySQL 8.0 and later; times are seconds since 1970, 0 for none. The commit times are those
 * of the first server of a chain, the others those of the replica. Needs SELECT on the three tables, which come without REPLICATION CLIENT.
 */
export const APPLIER_SQL = `SELECT c.CHANNEL_NAME AS channel, UNIX_TIMESTAMP(NOW(6)) AS now,
  UNIX_TIMESTAMP(c.LAST_QUEUED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP) AS queuedCommit,
  UNIX_TIMESTAMP(c.LAST_QUEUED_TRANSACTION_END_QUEUE_TIMESTAMP) AS queuedAt,
  IF(c.LAST_QUEUED_TRANSACTION LIKE '%:%', GTID_SUBSET(c.LAST_QUEUED_TRANSACTION, @@global.gtid_executed), NULL) AS isQueuedApplied,
  UNIX_TIMESTAMP(w.LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP) AS appliedCommit,
  UNIX_TIMESTAMP(w.APPLYING_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP) AS applyingCommit
FROM performance_schema.replication_connection_status c
JOIN performance_schema.replication_applier_status_by_worker w ON w.CHANNEL_NAME = c.CHANNEL_NAME`;

/** One worker of one channel; numbers may come as texts. */
export interface ApplierRow {
  readonly channel: string;
  readonly now: unknown;
  readonly queuedCommit: unknown;
  readonly queuedAt: unknown;
  /** null without GTIDs. */
  readonly isQueuedApplied: unknown;
  readonly appliedCommit: unknown;
  readonly applyingCommit: unknown;
}

/**
 * How far each channel's appliers are behind what it has received: the time between the commits of the oldest transaction that is
 * being applied and of the last one received, and the time since that came. So the clocks of two servers are never compared; time
 * that data needs to arrive is not seen, a heartbeat tells that. An idle replica is not behind.
 */
export function exactLags(rows: readonly ApplierRow[]): ExactLag {
  return (channel, seconds) => {
    const workers = rows.filter((row) => row.channel === channel);
    const [first] = workers;
    if (first === undefined) return null;
    const applying = workers.map((row) => Number(row.applyingCommit)).filter((time) => time > 0);
    if (applying.length === 0 && isAllApplied(workers, first)) return 0;
    const now = Number(first.now);
    const queuedAt = Number(first.queuedAt);
    // Since its start it has received nothing: it works off what it had. Only the server's own number is there.
    if (!(queuedAt > 0)) return null;
    const waitedMs = Math.max(0, now - queuedAt) * 1000;
    // Received and not begun: a delayed replica waits, or a worker is between two transactions.
    if (applying.length === 0) return Math.round(Math.max(waitedMs, seconds * 1000));
    return Math.round(Math.max(0, Number(first.queuedCommit) - Math.min(...applying)) * 1000 + waitedMs);
  };
}

function isAllApplied(workers: readonly ApplierRow[], { isQueuedApplied, queuedCommit }: ApplierRow): boolean {
  if (isQueuedApplied !== null) return Number(isQueuedApplied) === 1;
  const last = Math.max(...workers.map((row) => Number(row.appliedCommit)));
  return last > 0 && last >= Number(queuedCommit);
}

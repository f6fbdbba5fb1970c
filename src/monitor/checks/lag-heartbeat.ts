import { parseTableName } from '../../config/variable-types.js';

/**
 * The age of the newest heartbeat, µs. pt-heartbeat writes `ts` by the clock and in the time zone of where it runs, one row for each
 * `server_id` that it ever wrote to: the rows of former primaries stay behind, so the newest one counts.
 */
export function heartbeatSql(name: string): string {
  const quoted = (parseTableName(name) ?? []).map((part) => `\`${part}\``).join('.');
  return `SELECT MIN(TIMESTAMPDIFF(MICROSECOND, ts, SYSDATE(6))) AS age_us FROM ${quoted}`;
}

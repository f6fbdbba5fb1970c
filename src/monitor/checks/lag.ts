import { type CheckOutcome, outcomeOf } from '../check-result.js';
import type { MonitorConnection, MonitorConnections } from '../monitor-connections.js';

/** Seconds behind; null when replication is broken or stopped; 'none' when the server is no replica. */
export type Lag = number | null | 'none';

/** How far the server is behind its source; the largest lag of several channels. */
export async function checkLag(connections: MonitorConnections, timeoutMs: number): Promise<CheckOutcome<Lag>> {
  try {
    return { kind: 'ok', value: await connections.run(timeoutMs, readLag) };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** SHOW REPLICA STATUS came with MySQL 8.0.22 and MariaDB 10.5.1; older servers answer 1064. */
async function readLag(connection: MonitorConnection): Promise<Lag> {
  const rows = await connection.query('SHOW REPLICA STATUS').catch((error: { errno?: number }) => {
    if (error.errno !== 1064) throw error;
    return connection.query('SHOW SLAVE STATUS');
  });
  if (rows.length === 0) return 'none';
  const lags = rows.map((row) => row['Seconds_Behind_Source'] ?? row['Seconds_Behind_Master'] ?? null);
  return lags.some((lag) => lag === null) ? null : Math.max(...lags.map(Number));
}

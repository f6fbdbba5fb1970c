import { type CheckOutcome, outcomeOf } from '../check-result.js';
import type { MonitorConnections } from '../monitor-connections.js';

/** A login of its own, with the monitor's account and the server's TLS: would a new connection be let in? */
export async function checkConnect(connections: MonitorConnections, timeoutMs: number): Promise<CheckOutcome<number>> {
  try {
    return { kind: 'ok', value: await connections.runFresh(timeoutMs, (connection) => connection.ping()) };
  } catch (error) {
    return outcomeOf(error);
  }
}

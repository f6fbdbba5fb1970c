import { type CheckOutcome, outcomeOf } from '../check-result.js';
import type { MonitorConnections } from '../monitor-connections.js';

/** COM_PING on a connection that is kept: is the server alive and answering, and after how many ms? */
export async function checkPing(connections: MonitorConnections, timeoutMs: number): Promise<CheckOutcome<number>> {
  try {
    return { kind: 'ok', value: await connections.run(timeoutMs, (connection) => connection.ping()) };
  } catch (error) {
    return outcomeOf(error);
  }
}

import { type CheckOutcome, outcomeOf } from '../check-result.js';
import type { MonitorConnections } from '../monitor-connections.js';

/** COM_PING on a connection that is kept: is the server alive and answering? */
export async function checkPing(connections: MonitorConnections, timeoutMs: number): Promise<CheckOutcome<null>> {
  try {
    await connections.run(timeoutMs, (connection) => connection.ping());
    return { kind: 'ok', value: null };
  } catch (error) {
    return outcomeOf(error);
  }
}

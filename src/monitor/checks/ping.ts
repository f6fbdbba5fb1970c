import { type CheckOutcome, outcomeOf } from '../check-result.js';
import type { MonitorConnections } from '../monitor-connections.js';

/** COM_PING on a connection that is kept: is the server alive and answering, and after how many ms? */
export async function checkPing(connections: MonitorConnections, timeoutMs: number): Promise<CheckOutcome<number>> {
  try {
    const value = await connections.run(timeoutMs, async (connection) => {
      const begunMs = performance.now();
      await connection.ping();
      return performance.now() - begunMs;
    });
    return { kind: 'ok', value };
  } catch (error) {
    return outcomeOf(error);
  }
}

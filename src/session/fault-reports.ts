import type { ServerKey } from '../base/ids.js';

/** A server that fails fails many statements at once: the control process hears of it once in this time. */
const PAUSE_MS = 100;

/** Tells the control process of servers that failed or refused statements, so that the monitor looks at them at once. */
export class FaultReports {
  private readonly lastMs = new Map<ServerKey, number>();

  constructor(
    private readonly send: (server: ServerKey, errno: number, message: string) => void,
    private readonly nowMs: () => number,
  ) {}

  /** `errno` of the server's answer; 0: the connection was lost. */
  report(server: ServerKey, errno: number, message: string): void {
    const now = this.nowMs();
    const last = this.lastMs.get(server);
    if (last !== undefined && now - last < PAUSE_MS) return;
    this.lastMs.set(server, now);
    this.send(server, errno, message);
  }
}

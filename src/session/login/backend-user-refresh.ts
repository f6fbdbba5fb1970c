import { patientTimeout } from '../../base/patient-timeout.js';

/** A login waits no longer than this for the servers' user tables, ms; the control process reads them once a second at most. */
const MAX_WAIT_MS = 2_000;

/** Logins of one worker that wait for the control process to read the servers' user tables. */
export class BackendUserRefresh {
  private readonly waiting = new Map<number, () => void>();
  private lastRequest = 0;

  /** @param send false when there is nobody who could read them */
  constructor(private readonly send: (request: number, username: string) => boolean) {}

  /** Calls `onDone` once, later. */
  request(username: string, onDone: () => void): void {
    const request = ++this.lastRequest;
    const cancelTimeout = patientTimeout(() => this.answered(request), MAX_WAIT_MS);
    this.waiting.set(request, () => {
      cancelTimeout();
      onDone();
    });
    if (!this.send(request, username)) setImmediate(() => this.answered(request));
  }

  answered(request: number): void {
    const onDone = this.waiting.get(request);
    this.waiting.delete(request);
    onDone?.();
  }
}

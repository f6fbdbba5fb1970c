import { patientTimeout } from '../base/patient-timeout.js';
import type { GlobalChange } from '../config/global-change.js';
import type { ToMain } from './messages.js';

/** How long the other workers are waited for, ms. */
const NOTED_TIMEOUT_MS = 2_000;

/** Tells the other workers of global variables that a client of this one has set. */
export class GlobalsClient {
  readonly #waiting = new Map<number, () => void>();
  #lastRequest = 0;

  /** `send` returns false when the control process is gone, and nobody is there to be told. */
  constructor(private readonly send: (message: ToMain) => boolean) {}

  /** `onNoted` is called once, later. */
  tell(changes: readonly GlobalChange[], onNoted: () => void): void {
    const request = ++this.#lastRequest;
    const cancelTimeout = patientTimeout(() => this.noted(request), NOTED_TIMEOUT_MS);
    this.#waiting.set(request, () => {
      cancelTimeout();
      onNoted();
    });
    if (!this.send({ type: 'globals-set', request, changes })) setImmediate(() => this.noted(request));
  }

  /** All others know. */
  noted(request: number): void {
    const answer = this.#waiting.get(request);
    this.#waiting.delete(request);
    answer?.();
  }
}

import { patientTimeout } from '../base/patient-timeout.js';

/** What somebody waits for; `check` is called after each event that may complete it. */
export class Conditions {
  readonly #watchers = new Set<() => void>();

  check(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Resolves as soon as `condition` holds; rejects after `timeoutMs` when given. */
  until(condition: () => boolean, timeoutMs?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = (): void => finish(new Error(`workers did not answer within ${timeoutMs} ms`));
      const cancelTimeout = timeoutMs === undefined ? null : patientTimeout(late, timeoutMs);
      const finish = (error: Error | null): void => {
        cancelTimeout?.();
        this.#watchers.delete(watcher);
        if (error) reject(error);
        else resolve();
      };
      const watcher = (): void => {
        if (condition()) finish(null);
      };
      this.#watchers.add(watcher);
      watcher();
    });
  }
}

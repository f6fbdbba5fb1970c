import type { ConfigVersion } from '../base/ids.js';
import { patientTimeout } from '../base/patient-timeout.js';

/** A worker would not run by a configuration; the text says which worker and why. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused';
}

/** One configuration on its way: settled when every worker has acknowledged it, one refuses it, or the time is over. */
export class ConfigPush {
  readonly version: ConfigVersion;
  readonly done: Promise<void>;
  readonly #waiting: Set<number>;
  readonly #cancelTimeout: () => void;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(version: ConfigVersion, workers: readonly number[], timeoutMs: number) {
    this.version = version;
    this.#waiting = new Set(workers);
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const late = (): void => this.#fail(`workers ${[...this.#waiting].join(', ')} did not answer within ${timeoutMs} ms`);
    this.#cancelTimeout = patientTimeout(late, timeoutMs);
    this.#endWhenComplete();
  }

  acknowledged(worker: number, version: ConfigVersion, refused: string | null): void {
    if (version !== this.version || !this.#waiting.has(worker)) return;
    if (refused !== null) {
      this.#fail(`worker ${worker} refused configuration ${version}: ${refused}`);
      return;
    }
    this.#waiting.delete(worker);
    this.#endWhenComplete();
  }

  /** Its successor starts with whatever holds then. */
  workerGone(worker: number): void {
    this.#waiting.delete(worker);
    this.#endWhenComplete();
  }

  #endWhenComplete(): void {
    if (this.#waiting.size > 0) return;
    this.#cancelTimeout();
    this.#resolve();
  }

  #fail(text: string): void {
    this.#cancelTimeout();
    this.#reject(new ConfigRefused(text));
  }
}

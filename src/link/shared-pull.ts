/**
 * One pull at a time, shared by all who ask: those who come while one is under way get the next one, never that one, as it may
 * have been answered before they asked.
 */
export class SharedPull<Result> {
  #running: Promise<unknown> | null = null;
  #next: Promise<Result> | null = null;

  constructor(private readonly pull: () => Promise<Result>) {}

  get(): Promise<Result> {
    if (this.#running === null) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#startNext(),
      () => this.#startNext(),
    );
    return this.#next;
  }

  #startNext(): Promise<Result> {
    this.#next = null;
    return this.#start();
  }

  #start(): Promise<Result> {
    const result = this.pull();
    const ended = (): void => {
      this.#running = null;
    };
    this.#running = result.then(ended, ended);
    return result;
  }
}

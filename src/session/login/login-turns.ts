/** Time for logins in one turn of the event loop, ms: what a running session waits for them, give or take one task. */
const BUDGET_MS = 2;

/**
 * Shares the event loop between logins and sessions that run. Logins are expensive (a greeting and an answer 0.1 ms, RSA and TLS 1 ms,
 * a hash of caching_sha2_password several): thousands at once are done a few a turn, and running sessions have theirs in between.
 * Who has begun comes before who is new, so that those who have been greeted are not kept waiting by those who arrive.
 */
export class LoginTurns {
  readonly #begun: (() => void)[] = [];
  readonly #arrived: (() => void)[] = [];
  #usedMs = 0;
  #scheduled = false;

  constructor(private readonly nowMs: () => number) {}

  /** Clients that wait to be greeted. */
  get waiting(): number {
    return this.#arrived.length;
  }

  /** Calls `task`, which greets a new client, now or in a later turn. */
  arrived(task: () => void): void {
    if (this.#isFree) this.#run(task);
    else this.#arrived.push(task);
  }

  /** Calls `task`, the next step of a login that has begun, now or in a later turn. True when it has been called. */
  next(task: () => void): boolean {
    if (!this.#isFree) {
      this.#begun.push(task);
      return false;
    }
    this.#run(task);
    return true;
  }

  /** Counts work of so many ms that a task has started and that is done outside it. */
  charge(workMs: number): void {
    this.#usedMs += workMs;
  }

  get #isFree(): boolean {
    return this.#usedMs < BUDGET_MS && this.#begun.length === 0 && this.#arrived.length === 0;
  }

  #run(task: () => void): void {
    const begunAt = this.nowMs();
    try {
      task();
    } finally {
      this.#usedMs += this.nowMs() - begunAt;
      this.#schedule();
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#nextTurn);
  }

  readonly #nextTurn = (): void => {
    this.#scheduled = false;
    this.#usedMs = 0;
    while (this.#usedMs < BUDGET_MS) {
      const task = this.#begun.shift() ?? this.#arrived.shift();
      if (task === undefined) return;
      this.#run(task);
    }
  };
}

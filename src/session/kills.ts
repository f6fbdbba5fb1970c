import { type ConnectionId, workerOfConnection } from '../base/ids.js';
import type { KillOutcome } from './context.js';
import type { SessionRegistry } from './registry.js';

/** Longest wait for another worker's answer. */
const REMOTE_TIMEOUT_MS = 6_000;

/** KILL by the numbers that clients know, whichever worker they are connected to. */
export class Kills {
  private readonly waiting = new Map<number, (found: boolean) => void>();
  private lastRequest = 0;

  constructor(
    private readonly worker: number,
    private readonly registry: SessionRegistry,
    private readonly askOthers: (request: number, connection: ConnectionId, queryOnly: boolean, username: string) => void,
  ) {}

  kill(connection: ConnectionId, queryOnly: boolean, username: string, onDone: (outcome: KillOutcome) => void): void {
    if (workerOfConnection(connection) === this.worker) {
      onDone(this.killHere(connection, queryOnly, username));
      return;
    }
    this.lastRequest += 1;
    const request = this.lastRequest;
    const timer = setTimeout(() => this.answer(request, false), REMOTE_TIMEOUT_MS);
    this.waiting.set(request, (found) => {
      clearTimeout(timer);
      onDone(found ? 'killed' : 'unknown');
    });
    this.askOthers(request, connection, queryOnly, username);
  }

  /** `username` null: asked by an operator. */
  killHere(connection: ConnectionId, queryOnly: boolean, username: string | null): KillOutcome {
    const session = this.registry.get(connection);
    if (session === undefined) return 'unknown';
    if (username !== null && session.user?.username !== username) return 'denied';
    // The session that asks may be the one that is killed: it must get to the end of its own turn first.
    if (queryOnly) session.killQuery();
    else setImmediate(() => session.killConnection());
    return 'killed';
  }

  answer(request: number, found: boolean): void {
    this.waiting.get(request)?.(found);
    this.waiting.delete(request);
  }
}

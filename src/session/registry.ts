import { type ConnectionId, connectionId } from '../base/ids.js';
import type { ClientSession } from './client-session.js';

/** Connection numbers run to 2^24 before they start again; the low byte is the worker. */
const COUNTER_MASK = 0xff_ffff;

/** The sessions of one worker by the number that their clients know. */
export class SessionRegistry {
  private readonly sessions = new Map<ConnectionId, ClientSession>();
  private counter = 0;

  constructor(private readonly worker: number) {}

  get size(): number {
    return this.sessions.size;
  }

  nextId(): ConnectionId {
    do {
      this.counter = (this.counter + 1) & COUNTER_MASK;
    } while (this.counter === 0 || this.sessions.has(connectionId(this.counter, this.worker)));
    return connectionId(this.counter, this.worker);
  }

  add(session: ClientSession): void {
    this.sessions.set(session.id, session);
  }

  remove(session: ClientSession): void {
    this.sessions.delete(session.id);
  }

  get(id: ConnectionId): ClientSession | undefined {
    return this.sessions.get(id);
  }

  all(): ClientSession[] {
    return [...this.sessions.values()];
  }
}

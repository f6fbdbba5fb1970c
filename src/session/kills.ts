import { workerOfConnection } from '../base/ids.js';
import type { KillAnswer, KilledUser, KillOrder } from '../base/kill-order.js';
import { patientTimeout } from '../base/patient-timeout.js';
import type { ClientSession } from './client-session.js';
import type { SessionRegistry } from './registry.js';

/** Longest wait for the answer of other workers. */
const REMOTE_TIMEOUT_MS = 6_000;

/** KILL by the numbers and names that clients know, whichever worker they are connected to. */
export class Kills {
  private readonly waiting = new Map<number, (answer: KillAnswer) => void>();
  private lastRequest = 0;

  /** `askAll` hands the order to the control process; false: it is gone. */
  constructor(
    private readonly worker: number,
    private readonly registry: SessionRegistry,
    private readonly askAll: (request: number, order: KillOrder) => boolean,
  ) {}

  /** `onDone` is called once, perhaps at once. */
  kill(order: KillOrder, onDone: (answer: KillAnswer) => void): void {
    const { target } = order;
    if ('connection' in target && workerOfConnection(target.connection) === this.worker) {
      onDone(this.killHere(order));
      return;
    }
    this.lastRequest += 1;
    const request = this.lastRequest;
    if (!this.askAll(request, order)) {
      onDone(this.killHere(order));
      return;
    }
    const cancelTimeout = patientTimeout(() => this.answer(request, 'connection' in target ? 'unknown' : 0), REMOTE_TIMEOUT_MS);
    this.waiting.set(request, (answer) => {
      cancelTimeout();
      onDone(answer);
    });
  }

  /** Among the sessions of this worker. */
  killHere({ target, queryOnly, username }: KillOrder): KillAnswer {
    if ('user' in target) return this.killUser(target, queryOnly, username);
    const session = this.registry.get(target.connection);
    if (session === undefined) return 'unknown';
    if (username !== null && session.user?.username !== username) return 'denied';
    end(session, queryOnly);
    return 1;
  }

  private killUser(target: KilledUser, queryOnly: boolean, username: string | null): number {
    if (username !== null && username !== target.user) return 0;
    const sessions = this.registry.all().filter(({ user, clientHost }) => user?.username === target.user && isAt(clientHost, target));
    for (const session of sessions) if (session.id !== target.asker) end(session, queryOnly);
    return sessions.length;
  }

  answer(request: number, answer: KillAnswer): void {
    const onDone = this.waiting.get(request);
    this.waiting.delete(request);
    onDone?.(answer);
  }
}

/** `clientHost`: as a session has it. Servers know the loopback addresses by their name. */
export function isAt(clientHost: string, { host }: Pick<KilledUser, 'host'>): boolean {
  return host === null || host === clientHost || (host === 'localhost' && LOOPBACK.test(clientHost));
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1)$/;

/** The session that asks may be the one that is killed: it must get to the end of its own turn first. */
function end(session: ClientSession, queryOnly: boolean): void {
  if (queryOnly) session.killQuery();
  else setImmediate(() => session.killConnection());
}

import { weirError } from '../base/errors.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { type Command, ReplyUse } from './command.js';
import type { SessionContext } from './context.js';
import { type RunnerSteps, UNANSWERED } from './runner-steps.js';
import type { SessionConnections } from './session-connections.js';

/**
 * Ends what a server executes for the session, by KILL QUERY on another connection. The statement may end meanwhile, and its connection may be
 * kept: the client's next command then waits until the server has answered the KILL. Servers ignore a KILL QUERY of a connection that executes
 * nothing. A connection that is not kept is closed, see ServerKills. A statement that waits for a connection ends at once.
 */
export class QueryKill {
  /** KILLs that have been sent and not been answered. */
  private unanswered = 0;
  private next: (() => void) | null = null;

  constructor(
    private readonly context: Pick<SessionContext, 'killOnServer' | 'stats'>,
    private readonly command: Command,
    private readonly connections: SessionConnections,
    private readonly steps: Pick<RunnerSteps, 'fail'>,
  ) {}

  get isUnanswered(): boolean {
    return this.unanswered > 0;
  }

  /** Ends the command under way, should it still be under way once the other connection is open. */
  endQuery(): void {
    const { command, connections } = this;
    const { active } = connections;
    if (connections.isWaiting && command.replyUse !== ReplyUse.login) {
      connections.cancelWait();
      this.steps.fail(weirError('queryInterrupted'), UNANSWERED);
      return;
    }
    if (active === null) return;
    const { startedMs } = command;
    let isSent = false;
    this.context.stats.counters.killedQueries++;
    this.context.killOnServer(
      active,
      () => {
        isSent = connections.active === active && command.startedMs === startedMs;
        if (isSent) this.unanswered += 1;
        return isSent;
      },
      (answered) => {
        if (isSent) this.onEnded(active, answered);
        // It goes on elsewhere.
        else if (connections.active !== active && command.startedMs === startedMs) this.endQuery();
      },
    );
  }

  /** Calls `next` once no statement behind it can be hit. */
  whenAnswered(next: () => void): void {
    this.next = next;
  }

  /** Nobody waits any more. */
  forget(): void {
    this.next = null;
  }

  private onEnded(killed: PooledConnection, answered: boolean): void {
    this.unanswered -= 1;
    // It may still come, at any time.
    const isKept = this.connections.held === killed && this.connections.active !== killed;
    if (!answered && isKept) killed.destroy(new Error('KILL QUERY was not answered'));
    if (this.unanswered > 0) return;
    const { next } = this;
    this.next = null;
    next?.();
  }
}

import { type ServerError, weirError } from '../base/errors.js';
import type { ConnectionId } from '../base/ids.js';
import type { ClientEntry } from './client-entry.js';
import type { ClientOutput } from './client-output.js';
import type { ClientStream } from './client-stream.js';
import type { SessionContext } from './context.js';
import { Phase } from './phase.js';
import { Pin } from './pins.js';
import { exceededLimit, tellsIdleClients } from './session-limits.js';
import type { StatementRunner } from './statement-runner.js';

/** What a session holds for a while and lets go of by itself: worth waiting for when weir ends. */
const PINS_THAT_END = Pin.lockTables | Pin.userLock | Pin.xa | Pin.cursor | Pin.nextTransaction;

/** How long a client that sends nothing any more is served; nobody can tell whether it still reads. */
const HALF_CLOSED_MS = 5_000;

/** What may be ended. */
export interface EndingOwner {
  readonly id: ConnectionId;
  readonly phase: Phase;
  readonly activeSinceMs: number;
  readonly runner: StatementRunner | null;
  readonly stream: ClientStream;
  readonly output: ClientOutput;
  readonly entry: ClientEntry;
  readonly sequenceOfReply: number;
  complain(facts: Readonly<Record<string, unknown>>, message: string): void;
  refuse(error: ServerError, sequence: number): void;
  close(): void;
  finish(): void;
}

/** How a session is ended from outside: KILL, time limits, the end of weir. */
export class SessionEnding {
  constructor(
    private readonly context: SessionContext,
    private readonly owner: EndingOwner,
  ) {}

  /** KILL CONNECTION by another one: the connection ends without a word, also under a statement. Observed on MariaDB 10.11 and MySQL 9.7. */
  killConnection(): void {
    this.context.stats.counters.killedConnections++;
    this.owner.runner?.abandonActive(true);
    this.owner.close();
  }

  /** An idle client awaits no packet: its connection just ends, as on a server. */
  private endWith(error: ServerError): void {
    const { awaitsReply } = this;
    this.owner.runner?.abandonActive(true);
    if (awaitsReply) this.owner.output.error(error, this.owner.sequenceOfReply);
    this.owner.close();
  }

  /** The client has ended its side of the connection and has every answer: it is told how it ended as MySQL tells it. */
  afterLastAnswer(): void {
    if (this.owner.phase === Phase.idle && tellsIdleClients(this.context.identity)) this.owner.output.error(weirError('readError'), 0);
    this.owner.close();
  }

  /** weir ends: the client is told so, in place of the reply that it waits for or of its next one. */
  shutDown(): void {
    const error = weirError('serverShutdown');
    const { awaitsReply } = this;
    switch (this.owner.phase) {
      case Phase.login:
      case Phase.changingUser:
        this.owner.refuse(error, (this.owner.stream.assembler.expectedSequence + 1) & 0xff);
        return;
      case Phase.idle:
        this.owner.refuse(error, 0);
        return;
      case Phase.running:
        this.owner.runner?.abandonActive(true);
        if (awaitsReply) this.owner.refuse(error, this.owner.sequenceOfReply);
        else this.owner.close();
        return;
      case Phase.infile:
      case Phase.closed:
        this.owner.close();
        return;
    }
  }

  /** Nothing of the reply has come yet: an error can take its place. */
  private get awaitsReply(): boolean {
    return this.owner.phase === Phase.running && this.owner.runner?.owesReply !== false;
  }

  /** KILL QUERY: the server answers the statement with 1317. */
  killQuery(): void {
    this.owner.runner?.kill.endQuery();
  }

  /** Called once a second. */
  sweep(now: number): void {
    const { variables } = this.context.snapshot;
    const idleMs = now - this.owner.activeSinceMs;
    const logsIn = this.owner.phase === Phase.login || this.owner.phase === Phase.changingUser;
    if (logsIn && idleMs > variables.connectTimeoutClientMs) {
      this.owner.entry.noteLogin(true);
      this.owner.complain({ waitedMs: Math.round(idleMs) }, 'client did not log in in time');
      this.owner.stream.transport.destroy();
      this.owner.finish();
    } else if (this.context.draining && this.hasNothingToLose) {
      this.shutDown();
    } else if (this.isGone(now)) {
      this.context.stats.counters.clientConnectionsAborted++;
      this.owner.stream.transport.destroy();
      this.owner.finish();
    } else if (!logsIn) this.keepLimits(now);
  }

  /** Whether a client that has ended its side still waits for an answer nobody can tell: for so long it is believed to. */
  private isGone(now: number): boolean {
    const { endedMs } = this.owner.stream;
    return endedMs > 0 && now - endedMs > HALF_CLOSED_MS && this.context.snapshot.variables.killWhenClientIsGone;
  }

  private keepLimits(now: number): void {
    const { context, owner } = this;
    if (owner.runner === null) return;
    const { inTransaction, transactionSinceMs, state } = owner.runner.session;
    const { activeSinceMs, phase } = owner;
    const timed = { activeSinceMs, isIdle: phase === Phase.idle, inTransaction, transactionSinceMs, variables: state.variables };
    const exceeded = exceededLimit(timed, context.snapshot.variables, now);
    if (exceeded === null) return;
    const { error, limitMs, message } = exceeded;
    if (message !== null) owner.complain({ limitMs, phase }, message);
    if (phase === Phase.idle && tellsIdleClients(context.identity)) owner.refuse(error, 0);
    else this.endWith(error);
  }

  /**
   * A login that has just begun is no statement to wait for: a port check that stays connected would hold up the end. Nor is what lasts as
   * long as its session: a pool's idle connection with a temporary table has it for good.
   */
  get hasNothingToLose(): boolean {
    if (this.owner.phase === Phase.login) return true;
    // What the client has not taken yet would end with this process.
    if (this.owner.phase !== Phase.idle || this.owner.stream.transport.pendingBytes > 0) return false;
    const runner = this.owner.runner as StatementRunner;
    return (
      runner.connections.held === null ||
      (!runner.session.inTransaction && runner.session.autocommit && (runner.session.pins & PINS_THAT_END) === 0)
    );
  }
}

import type { BackendIdentity } from '../backend/identity.js';
import type { Hostgroup } from '../pool/hostgroup.js';
import { type PooledConnection, RESTED_MS } from '../pool/pooled-connection.js';
import type { Lessee, Rest, Waiter } from '../pool/waiter.js';
import { Effect } from '../sql/verdict.js';
import type { Command } from './command.js';
import type { SessionContext } from './context.js';
import { PINS_THAT_BLOCK, Pin } from './pins.js';
import type { ClientStatement } from './prepared-statements.js';
import type { StatementRecords } from './statement-records.js';
import type { TrackedSession } from './tracked-session.js';

/** The server connections of one session: the one it keeps between statements, the one that executes, the one it used last. */
export class SessionConnections {
  /** Kept between statements, for what is only there. */
  held: PooledConnection | null = null;
  /** Executes the command now. */
  active: PooledConnection | null = null;
  /** Has the diagnostics of the last statement. */
  last: PooledConnection | null = null;
  private waiter: Waiter | null = null;
  /** Connections that are reset now, and what waits for them. */
  private cleaning = 0;
  private cleaned: (() => void) | null = null;

  constructor(
    private readonly context: Pick<SessionContext, 'pool' | 'states' | 'initialState' | 'stats' | 'nowMs'>,
    private readonly command: Command,
    private readonly session: TrackedSession,
    private readonly records: StatementRecords,
    private readonly lessee: Lessee,
    /** Whom the session is to servers. */
    public identity: BackendIdentity,
  ) {}

  get isWaiting(): boolean {
    return this.waiter !== null;
  }

  /** What is sent on a connection that the server has closed is of unknown fate: better to know before. @returns whether the kept one is lost */
  isRestedLost(): boolean {
    const { held, command, records } = this;
    if (held === null || command.startedMs - records.endedMs <= RESTED_MS) return false;
    held.endIfServerDid();
    return held.isClosed;
  }

  /** An open transaction and locks end by the server's wait_timeout, as without weir: others may wait for them. */
  restOn(connection: PooledConnection): Rest | null {
    const { session } = this;
    if (connection !== this.held || this.active !== null) return null;
    if (session.inTransaction || (session.pins & PINS_THAT_BLOCK) !== 0) return null;
    return { sinceMs: this.records.endedMs, isSparing: (this.command.effects & Effect.leavesRowCount) !== 0 };
  }

  leaseAgain(connection: PooledConnection, group: Hostgroup | null): boolean {
    return this.context.pool.leaseAgain(connection, group, this.lessee, this.command.startedMs);
  }

  /** A connection of the hostgroup; null: none is at hand, and one has to be waited for. */
  lease(group: Hostgroup): PooledConnection | null {
    const { command, last, session } = this;
    if (last !== null) {
      if (command.avoid === null && this.ranTheInsert(last) && this.isOurs(last) && this.leaseAgain(last, group)) return last;
      if (this.leaseHeldForUs(last, group)) return last;
    }
    if (command.avoid !== null) return null;
    if (command.prefersHome && this.leaseHome(group)) return (command.statement as ClientStatement).home;
    return this.context.pool.lease(group, this.identity, session.wanted, this.lessee, command.startedMs);
  }

  /** MySQL's statements remember the types of earlier executions, and what is NULL now has the type that it had. */
  private leaseHome(group: Hostgroup): boolean {
    const { command, identity, lessee, session } = this;
    const home = command.statement?.home ?? null;
    if (home === null || home.identity !== identity || command.form === null) return false;
    const isKnown = home.prepared.get(command.form) ?? (command.formBefore === null ? undefined : home.prepared.get(command.formBefore));
    return isKnown !== undefined && this.context.pool.leaseExactly(home, group, session.wanted, lessee, command.startedMs);
  }

  /** LAST_INSERT_ID() is exact where the insert ran; elsewhere it is set first. */
  private ranTheInsert(last: PooledConnection): boolean {
    const { insertId } = this.session;
    return (this.command.effects & Effect.readsLastInsertId) !== 0 && !insertId.isNone && insertId.isOn(last);
  }

  /** COM_SET_OPTION makes the session another one to servers. */
  private isOurs(connection: PooledConnection): boolean {
    return connection.identity === this.identity;
  }

  /**
   * The connection that waits for this session because of what its last statement left there: taken again where it may serve; else nobody
   * needs to wait for that any more.
   */
  private leaseHeldForUs(last: PooledConnection, group: Hostgroup): boolean {
    if (last.holdUntilMs === 0 || last.lastLessee !== this.lessee) return false;
    if (last.hostgroupId === group.id && this.isOurs(last) && this.command.avoid === null && group.waiters.length === 0) {
      if (last.state.schema !== '' && this.session.wanted.schema === '') return false;
      if (this.leaseAgain(last, group)) return true;
    }
    last.holdUntilMs = 0;
    return false;
  }

  /** The lessee is called once there is one. */
  wait(group: Hostgroup): void {
    const { command, context } = this;
    const { pool } = context;
    // The kept connection serves before another one of the writer does.
    const fallback = command.fallback === null || this.held !== null ? null : pool.hostgroup(command.fallback);
    const since = command.refusedMs === 0 ? context.nowMs() : command.refusedMs;
    this.waiter = pool.wait(group, this.identity, this.session.wanted, this.lessee, command.avoid, fallback, since);
  }

  /** The lessee was called. */
  onWaited(): void {
    this.waiter = null;
  }

  cancelWait(): void {
    if (this.waiter !== null) this.context.pool.cancel(this.waiter);
    this.waiter = null;
  }

  /** The command on `connection` has been answered: kept where the session needs it, else given back, held for it for `holdMs`. */
  settle(connection: PooledConnection, failed: boolean, holdMs: number): void {
    this.active = null;
    this.last = connection;
    if (this.mustKeep(failed)) this.keep(connection, holdMs);
    else this.giveBack(connection, holdMs);
  }

  /** After an error without autocommit a transaction may have begun that the flags do not show yet. */
  private mustKeep(failed: boolean): boolean {
    const { session } = this;
    return session.pins !== 0 || session.inTransaction || this.command.keepsConnection || (failed && !session.autocommit);
  }

  private keep(connection: PooledConnection, holdMs: number): void {
    if (this.held !== null && this.held !== connection) {
      // The state that pins is on the newer one only when the session kept none before.
      this.giveBack(connection, holdMs);
      return;
    }
    this.held = connection;
    connection.transport.resume();
  }

  giveBack(connection: PooledConnection, holdMs: number): void {
    if (connection === this.held) this.held = null;
    connection.transport.resume();
    this.context.pool.release(connection, this.lessee, holdMs, this.records.endedMs);
  }

  /** The kept connection is gone, and what was only there. */
  forgetHeld(): void {
    this.held = null;
    this.session.forgetKept();
  }

  /** Gives the kept connection back although the session goes on, cleaned. */
  dropHeld(): void {
    const { held } = this;
    this.held = null;
    if (held !== null && !held.isClosed) this.cleanAndRelease(held);
  }

  /** The same, and no statement asks for the last one any more. */
  clear(): void {
    this.last = null;
    this.dropHeld();
  }

  /** Calls back once nothing of what the session kept is left on a server: at once, unless a connection is being cleaned. */
  whenClean(then: () => void): void {
    if (this.cleaning === 0) then();
    else this.cleaned = then;
  }

  private onClean(): void {
    this.cleaning -= 1;
    if (this.cleaning > 0) return;
    const { cleaned } = this;
    this.cleaned = null;
    cleaned?.();
  }

  private cleanAndRelease(connection: PooledConnection): void {
    // A reset in the middle of an XA transaction leaves it where nobody can end it (MariaDB 10.11, MySQL 9); the end of the connection does not.
    // And it leaves a resource group as it is (MySQL 9), which can not be asked for.
    const mustEnd = (this.session.pins & (Pin.xa | Pin.identity)) !== 0;
    if (mustEnd || !connection.login.supportsReset || !connection.quiet) {
      connection.abandon();
      return;
    }
    const { states, pool } = this.context;
    connection.insertToken = null;
    this.cleaning += 1;
    this.context.stats.counters.connectionResets++;
    this.session.diagnostics.onReset(connection);
    connection.reset(
      (schema) => states.withSchema(this.context.initialState, schema),
      (clean) => {
        if (clean && !connection.isClosed) pool.release(connection, this.lessee, 0, this.context.nowMs());
        else if (!connection.isClosed) connection.abandon();
        this.onClean();
      },
    );
  }
}

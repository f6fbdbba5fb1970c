import type { PooledConnection } from '../pool/pooled-connection.js';
import type { GlobalCounters } from '../stats/global-counters.js';
import type { Command } from './command.js';
import { closeOnServer } from './prepared-statements.js';
import type { SessionConnections } from './session-connections.js';

/** ER_MAX_PREPARED_STMT_COUNT_REACHED. */
const TOO_MANY_STATEMENTS = 1461;
const MAX_ROUNDS = 4;
/** Until other connections have read what they were told, which they do not confirm. Doubled with each round. */
const FIRST_PAUSE_MS = 5;

/** A server has as many prepared statements as it may: those that weir only keeps for later give way, also of connections that sessions keep. */
export class StatementRoom {
  constructor(
    private readonly command: Command,
    private readonly connections: SessionConnections,
    private readonly counters: GlobalCounters,
  ) {}

  isLacking(errno: number): boolean {
    return errno === TOO_MANY_STATEMENTS;
  }

  /**
   * Closes statements on the server of `connection`, which the command has, and calls back when that may have helped, unless the command has
   * lost the connection meanwhile.
   *
   * @returns false when there is nothing to close, or it was tried often enough
   */
  make(connection: PooledConnection, again: () => void): boolean {
    const { command, connections } = this;
    if (command.roomsMade >= MAX_ROUNDS || !this.canMake(connection)) return false;
    const own = closeAll(connection, this.counters);
    for (const other of connection.server.allConnections()) if (other.quiet) closeAll(other, this.counters);
    const pauseMs = own > 0 ? 0 : FIRST_PAUSE_MS << command.roomsMade;
    command.roomsMade += 1;
    setTimeout(() => {
      if (connections.active === connection && !connection.isClosed) again();
    }, pauseMs);
    return true;
  }

  /** Whether `make` would close anything, or has done so and others may not have read it yet. */
  canMake(connection: PooledConnection): boolean {
    const { roomsMade } = this.command;
    if (roomsMade >= MAX_ROUNDS) return false;
    if (roomsMade > 0 || hasUnused(connection)) return true;
    for (const other of connection.server.allConnections()) if (other.quiet && hasUnused(other)) return true;
    return false;
  }
}

const hasUnused = (connection: PooledConnection): boolean => connection.prepared.leastUsed() !== null;

/** @returns how many */
function closeAll(connection: PooledConnection, counters: GlobalCounters): number {
  const ids: number[] = [];
  for (let unused = connection.prepared.leastUsed(); unused !== null; unused = connection.prepared.leastUsed()) {
    connection.prepared.forget(unused);
    ids.push(unused.id);
  }
  if (ids.length > 0) closeOnServer(connection, ids, counters);
  return ids.length;
}

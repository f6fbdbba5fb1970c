import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { PooledConnection } from '../../../src/pool/pooled-connection.js';
import { Command } from '../../../src/session/command.js';
import type { SessionContext } from '../../../src/session/context.js';
import { QueryKill } from '../../../src/session/query-kill.js';
import { endOverdue, isTimeout, timeoutCheckMs } from '../../../src/session/query-timeout.js';
import type { SessionConnections } from '../../../src/session/session-connections.js';

interface Kill {
  readonly connection: unknown;
  readonly wanted: () => boolean;
  readonly onEnded: ((answered: boolean) => void) | undefined;
}

const destroy = vi.fn();
const fail = vi.fn();
const connection = { destroy } as unknown as PooledConnection;
let kills: Kill[];
let command: Command;
let connections: SessionConnections;
let kill: QueryKill;
const counters = { killedQueries: 0 };
const context = {
  killOnServer: (killed: unknown, wanted: () => boolean, onEnded?: (answered: boolean) => void) =>
    kills.push({ connection: killed, wanted, onEnded }),
  stats: { counters },
  snapshot: { variables: { queryTimeoutMs: 1000, connectTimeoutServerMs: 500 } },
} as unknown as SessionContext;

beforeEach(() => {
  kills = [];
  destroy.mockReset();
  fail.mockReset();
  command = new Command();
  command.begin(0, 100, 0);
  connections = { active: connection, held: connection } as unknown as SessionConnections;
  kill = new QueryKill(context, command, connections, { fail });
});

describe('QueryKill', () => {
  it('is not sent for a statement that ended before the other connection was open', () => {
    kill.endQuery();
    connections.active = null;
    expect(kills[0]?.wanted()).toBe(false);
    connections.active = connection;
    command.begin(0, 200, 0);
    expect(kills[0]?.wanted()).toBe(false);
    expect(kill.isUnanswered).toBe(false);
    kills[0]?.onEnded?.(false);
    expect(destroy).not.toHaveBeenCalled();
  });

  it('follows a statement that goes on elsewhere', () => {
    const other = { destroy } as unknown as PooledConnection;
    kill.endQuery();
    connections.active = other;
    expect(kills[0]?.wanted()).toBe(false);
    kills[0]?.onEnded?.(false);
    expect(kills[1]?.connection).toBe(other);
    const cancelWait = vi.fn();
    Object.assign(connections, { active: null, isWaiting: true, cancelWait });
    kills[1]?.onEnded?.(false);
    expect(cancelWait).toHaveBeenCalledOnce();
    expect(fail).toHaveBeenCalledOnce();
    expect(fail.mock.calls[0]?.[0]).toMatchObject({ errno: 1317, sqlState: '70100' });
    expect(kills).toHaveLength(2);
  });

  it('keeps the next statement back until the server has answered', () => {
    const next = vi.fn();
    kill.endQuery();
    expect(kills[0]?.wanted()).toBe(true);
    expect(kill.isUnanswered).toBe(true);
    connections.active = null;
    kill.whenAnswered(next);
    expect(next).not.toHaveBeenCalled();
    kills[0]?.onEnded?.(true);
    expect(next).toHaveBeenCalledOnce();
    expect(kill.isUnanswered).toBe(false);
    expect(destroy).not.toHaveBeenCalled();
  });

  it('waits for the last of several', () => {
    const next = vi.fn();
    kill.endQuery();
    kill.endQuery();
    for (const { wanted } of kills) expect(wanted()).toBe(true);
    connections.active = null;
    kill.whenAnswered(next);
    kills[1]?.onEnded?.(true);
    expect(next).not.toHaveBeenCalled();
    kills[0]?.onEnded?.(true);
    expect(next).toHaveBeenCalledOnce();
  });

  it('that was not answered ends the kept connection: it could hit anything there', () => {
    const next = vi.fn();
    kill.endQuery();
    kills[0]?.wanted();
    connections.active = null;
    kill.whenAnswered(next);
    kills[0]?.onEnded?.(false);
    expect(destroy).toHaveBeenCalledOnce();
    expect(next).toHaveBeenCalledOnce();
  });

  it('forgets who waits when the session is over', () => {
    const next = vi.fn();
    kill.endQuery();
    kills[0]?.wanted();
    kill.whenAnswered(next);
    kill.forget();
    kills[0]?.onEnded?.(true);
    expect(next).not.toHaveBeenCalled();
  });
});

describe('mysql-default_query_timeout', () => {
  const look = (now: number, awakeMs = now): void => endOverdue(context, command, connections, kill, now, awakeMs);

  it('ends what runs longer, once', () => {
    look(1100);
    expect(kills).toHaveLength(0);
    expect(isTimeout(command, 1317)).toBe(false);
    look(1101);
    look(1102);
    expect(kills).toHaveLength(1);
    expect(isTimeout(command, 1317)).toBe(true);
    expect(isTimeout(command, 1064)).toBe(false);
  });

  it('does not count what came before the statement was sent', () => {
    command.runsSinceMs = 5000;
    look(6000);
    expect(kills).toHaveLength(0);
  });

  it('gives the connection up when KILL QUERY does not help, and ends it on the server', () => {
    look(1101);
    look(1101 + 500 + 10_000);
    expect(destroy).not.toHaveBeenCalled();
    look(1101 + 500 + 10_001);
    expect(destroy).toHaveBeenCalledOnce();
    expect(kills.map(({ onEnded }) => onEnded === undefined)).toEqual([false, true]);
  });

  it('waits for a server that had no chance to be heard', () => {
    look(1101);
    look(1101 + 60_000, 1101 + 300);
    expect(destroy).not.toHaveBeenCalled();
    look(1101 + 70_000, 1101 + 10_501);
    expect(destroy).toHaveBeenCalledOnce();
  });

  it.each([
    [0, 1000],
    [1, 50],
    [500, 50],
    [3000, 300],
    [86_400_000, 1000],
  ])('of %i ms is looked at every %i ms', (timeoutMs, checkMs) => {
    expect(timeoutCheckMs(timeoutMs)).toBe(checkMs);
  });
});

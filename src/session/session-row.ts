import { PACKET_HEADER_BYTES } from '../protocol/constants.js';
import { queryTextStart } from '../protocol/packets/com-query.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import type { SessionBackend, SessionRow } from '../stats/details.js';
import type { ClientSession } from './client-session.js';
import { Phase } from './phase.js';
import type { StatementRunner } from './statement-runner.js';

/** Of a longer text only the digest is shown: rows go to another process. */
const SHOWN_BYTES = 16_384;

/** A session for the process list. */
export function sessionRow(session: ClientSession, worker: number, nowMs: number): SessionRow {
  const { runner, transport } = session;
  const since = session.phase === Phase.running && runner !== null ? runner.command.startedMs : session.activeSinceMs;
  return {
    worker,
    id: session.id,
    username: session.user?.username ?? '',
    schema: runner?.session.state.schema ?? '',
    clientHost: session.clientHost,
    clientPort: transport.remotePort,
    backend: runner === null ? null : backendOf(runner),
    command: commandName(session),
    timeMs: Math.max(0, Math.round(nowMs - since)),
    info: session.phase === Phase.running && runner !== null ? textOf(session, runner) : null,
    statusFlags: runner?.session.statusFlags ?? 0,
    pins: session.pins,
    inTransaction: runner?.session.inTransaction ?? false,
    autocommit: runner?.session.autocommit ?? true,
    encrypted: transport.encrypted,
    preparedStatements: session.preparedCount,
    variables: Object.fromEntries(runner?.session.state.variables ?? []),
    waiting: runner?.connections.isWaiting ?? false,
  };
}

function backendOf(runner: StatementRunner): SessionBackend | null {
  const connection = runner.connections.active ?? runner.connections.held;
  if (connection === null) return null;
  const { hostgroupId, server, transport, login } = connection;
  return {
    hostgroup: hostgroupId,
    hostname: server.hostname,
    port: server.port,
    localAddress: transport.localAddress,
    localPort: transport.localPort,
    threadId: login.connectionId,
  };
}

/** As servers name them in SHOW PROCESSLIST. */
function commandName(session: ClientSession): string {
  switch (session.phase) {
    case Phase.login:
    case Phase.changingUser:
      return 'Connect';
    case Phase.idle:
    case Phase.closed:
      return 'Sleep';
    case Phase.infile:
      return 'Query';
    case Phase.running:
      return runningName(session.runner?.command.replyKind ?? ReplyKind.query);
  }
}

function runningName(kind: ReplyKind): string {
  switch (kind) {
    case ReplyKind.prepare:
      return 'Prepare';
    case ReplyKind.execute:
      return 'Execute';
    case ReplyKind.fetch:
      return 'Fetch';
    case ReplyKind.fieldList:
      return 'Field List';
    case ReplyKind.query:
      return 'Query';
    default:
      return 'Init DB';
  }
}

/** The statement itself where a copy of it was kept, else its digest. */
function textOf(session: ClientSession, runner: StatementRunner): string | null {
  const { command, connections } = runner;
  const { statement } = command;
  if (statement !== null) return statement.text.length > SHOWN_BYTES ? statement.entry.digestText : statement.text.toString('utf8');
  if (command.replyKind !== ReplyKind.query) return null;
  const bytes = command.bytes ?? connections.active?.copyOfCommand() ?? null;
  if (bytes === null || bytes.length <= PACKET_HEADER_BYTES || bytes.length > SHOWN_BYTES) return command.entry?.digestText ?? null;
  return bytes.toString('utf8', queryTextStart(bytes, PACKET_HEADER_BYTES, bytes.length, session.capabilities));
}

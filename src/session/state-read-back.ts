import type { PooledConnection } from '../pool/pooled-connection.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { encodeCommands } from '../protocol/wire/writer.js';
import { Effect } from '../sql/verdict.js';
import type { GlobalCounters } from '../stats/global-counters.js';
import type { ClientSide } from './client-side.js';
import type { Command } from './command.js';
import type { CommandSender } from './command-sender.js';
import type { LossRecovery } from './loss-recovery.js';
import { Pin } from './pins.js';
import type { SessionConnections } from './session-connections.js';
import { ReadBackReceiver } from './silent-replies.js';
import { readBackStatement } from './state-tracking.js';
import type { TrackedSession } from './tracked-session.js';

/** Asks a server for what its replies left out, in front of the next statement: what is carried must be known before it may run elsewhere. */
export class StateReadBack {
  constructor(
    private readonly counters: GlobalCounters,
    private readonly client: ClientSide,
    private readonly command: Command,
    private readonly session: TrackedSession,
    private readonly connections: SessionConnections,
    private readonly sender: CommandSender,
    private readonly recovery: LossRecovery,
    /** Goes on with the command on its connection. */
    private readonly goOn: (connection: PooledConnection) => void,
  ) {}

  /** Whether the command has to wait for it. Diagnostics would be lost; they are asked for first. */
  comesFirst(connection: PooledConnection): boolean {
    const { command, connections, session } = this;
    return (session.pins & Pin.unread) !== 0 && connection === connections.held && (command.effects & Effect.readsDiagnostics) === 0;
  }

  begin(connection: PooledConnection): void {
    const { client, session } = this;
    this.sender.keepBytes();
    this.counters.stateReadBacks++;
    const before = client.lexMode;
    const receiver = new ReadBackReceiver(
      (tracker) => session.takeReadBack(connection, tracker),
      (error) => {
        if (error !== null) session.giveUpReading(connection);
        this.onDone(connection, before);
      },
      (cause) => this.recovery.onLostUnsent(connection, cause),
    );
    const text = readBackStatement(session.unread);
    const bytes = encodeCommands([(writer) => writeComQuery(writer, text, connection.login.capabilities)]);
    connection.expect(ReplyKind.query, receiver, 0);
    connection.send(bytes, 0, bytes.length, null);
  }

  private onDone(connection: PooledConnection, before: number): void {
    const { client, command, connections } = this;
    if (connections.active !== connection) return;
    // A statement that is prepared keeps what the session was like.
    const isStale = command.replyKind === ReplyKind.prepare || (command.replyKind === ReplyKind.query && client.lexMode !== before);
    if (!isStale) {
      this.goOn(connection);
      return;
    }
    connections.active = null;
    client.readAgain(command.bytes as Buffer);
  }
}

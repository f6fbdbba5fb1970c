import { type ServerError, weirError } from '../base/errors.js';
import type { ConfigSnapshot } from '../config/snapshot.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { Capability, has } from '../protocol/constants.js';
import type { ClientOutput } from './client-output.js';
import type { ClientStream } from './client-stream.js';
import { type Command, ReplyUse } from './command.js';
import { InfileRelay } from './infile-relay.js';
import { Phase } from './phase.js';
import { writeStatementReply } from './replies.js';

/** Whose file it is. */
export interface FileOwner {
  phase: Phase;
  readonly stream: ClientStream;
  readonly output: ClientOutput;
  failCommand(error: ServerError, sequence: number): void;
}

/** The file of a LOAD DATA LOCAL INFILE that is the command under way. */
export class LocalInfile {
  private relay: InfileRelay | null = null;
  /** What the client is told once it has sent the whole file: the server is gone. */
  private failure: ServerError | null = null;

  constructor(
    private readonly context: { readonly snapshot: ConfigSnapshot },
    private readonly owner: FileOwner,
  ) {}

  /** The command is a file: from the server's wish for it until the reply's end. */
  get isOpen(): boolean {
    return this.relay !== null;
  }

  /** The server wants a file: the client is asked for it, or the server gets an empty one where it must not be. */
  begin(connection: PooledConnection, command: Command): void {
    const { output, stream } = this.owner;
    const { variables } = this.context.snapshot;
    const { tracker } = connection;
    const sequence = tracker.packetBuffer[tracker.packetStart + 3] as number;
    if (!variables.localInfile || !has(output.capabilities, Capability.localFiles)) {
      command.replyUse = ReplyUse.swallow;
      const error = weirError(connection.login.flavour === 'mysql' ? 'localInfileRefused' : 'localInfileDisabled');
      command.failure = writeStatementReply({ type: 'err', error }, sequence, output.capabilities);
      const nothing = Buffer.from([0, 0, 0, (sequence + 1) & 0xff]);
      connection.send(nothing, 0, nothing.length, null);
      return;
    }
    output.send(Buffer.from(tracker.packetBuffer.subarray(tracker.packetStart, tracker.packetEnd)));
    this.relay = new InfileRelay(connection, stream.transport, variables.clientBufferMaxBytes);
    this.owner.phase = Phase.infile;
    stream.serveBacklog();
  }

  /** What the client sends of it; what comes behind its end waits for the reply. */
  feed(buffer: Uint8Array, start: number, end: number): void {
    const relay = this.relay as InfileRelay;
    const consumed = relay.feed(buffer, start, end);
    if (!relay.ended) return;
    this.owner.phase = Phase.running;
    if (consumed < end) this.owner.stream.postpone(Buffer.from(buffer.subarray(consumed, end)));
    const { failure } = this;
    this.failure = null;
    if (failure !== null) this.owner.failCommand(failure, -1);
  }

  /**
   * The command fails. @returns 'later' where the client goes on sending the file and is told behind it; the number of the packet that
   * tells it where the file has ended; null without a file
   */
  onFailed(error: ServerError): number | 'later' | null {
    const { relay } = this;
    if (relay === null) return null;
    if (relay.ended) return (relay.lastSequence + 1) & 0xff;
    this.failure = error;
    relay.discard();
    return 'later';
  }

  /** The command has been answered. */
  close(): void {
    this.relay = null;
  }
}

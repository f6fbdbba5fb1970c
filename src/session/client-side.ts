import type { ServerError } from '../base/errors.js';
import type { ConnectionId } from '../base/ids.js';
import type { Transport } from '../net/transport.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import type { ReplyTracker } from '../protocol/reply-tracker.js';
import type { PacketAssembler } from '../protocol/wire/framing.js';
import type { LexModes } from '../sql/verdict.js';

/** What the runner needs of the client's side of the session. */
export interface ClientSide {
  /** Of the first packet of the reply to the command under way. */
  readonly sequenceOfReply: number;
  /** The number in the client's greeting. */
  readonly id: ConnectionId;
  /** The client's stream; replies go to it as they come. */
  readonly transport: Transport;
  readonly capabilities: number;
  /** Has the command as it lies in the client's buffer, in `rawBuffer[rawStart, rawEnd)`. */
  readonly assembler: PacketAssembler;
  /** The transport's own buffer while it is being read, else an empty one. */
  readonly chunk: Uint8Array;
  /** Address of the client, `localhost` for a Unix socket. */
  readonly clientHost: string;
  /** Lexical rules of the session, by which its commands are read. */
  readonly lexMode: LexModes;
  /** The command under way, of which `packets` are all, was read by rules that did not hold: it is taken as if it came only now. */
  readAgain(packets: Buffer): void;
  /** An OK packet with session state, as this client may see it. `schema`: to be told as well, as the session's; null: none. */
  visibleOk(packet: Uint8Array, start: number, end: number, schema: string | null): Uint8Array;
  /**
   * The command under way fails: `error` is its answer, behind a file that the client may still be sending, and the next command may be
   * executed. `sequence`: of the packet, where a part of the reply has been sent; else -1.
   */
  failCommand(error: ServerError, sequence: number): void;
  /** The session ends once what is pending was sent. */
  close(): void;
  /** A file of LOAD DATA LOCAL INFILE is the command under way. */
  readonly receivesFile: boolean;
  /** Fills `group` and `fallback` of a command that was to run on the kept connection, which is gone. */
  chooseGroup(): void;
  /** The head of a PREPARE reply; the packet that the client gets. */
  onPrepared(tracker: ReplyTracker): Uint8Array;
  /** The server wants a file. */
  onLocalInfile(connection: PooledConnection): void;
  onStateChanged(): void;
  /** The reply is complete: the next command may be executed. */
  onCommandDone(failed: boolean): void;
}

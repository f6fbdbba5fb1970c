import type { ReplyReceiver } from '../backend/backend-connection.js';
import type { Transport } from '../net/transport.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { PACKET_HEADER_BYTES } from '../protocol/constants.js';
import { replaceStatementId } from '../protocol/packets/com-stmt-execute.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import type { WorkerStats } from '../stats/worker-stats.js';
import type { ClientSide } from './client-side.js';
import type { Command } from './command.js';
import { type CommandBytes, executeBytes, goesAsItIs } from './execute-bytes.js';

/** Hands the command of a session to a server connection, from where its bytes lie; one object a session. */
export class CommandSender {
  /** Bytes are being handed to the kernel: should it refuse them, nothing of the command has left. */
  sending = false;

  constructor(
    private readonly stats: WorkerStats,
    private readonly client: ClientSide,
    private readonly command: Command,
    private readonly receiver: ReplyReceiver,
  ) {}

  /**
   * `prefix`: commands whose replies are already expected, to go out in the same write.
   * @returns false when this connection never saw the statement that a COM_STMT_FETCH or RESET names; nothing was sent then
   */
  send(connection: PooledConnection, prefix: Buffer | null): boolean {
    const { command } = this;
    if (command.statement !== null) {
      if (command.replyKind !== ReplyKind.prepare) return this.sendExecute(connection, prefix);
      this.stats.counters.comBackendStmtPrepare++;
    }
    connection.expect(command.replyKind, this.receiver, command.sequence);
    if (command.bytes !== null) {
      this.write(connection, prefix, command.bytes, 0, command.bytes.length, null);
      return true;
    }
    const { rawBuffer, rawStart, rawEnd } = this.client.assembler;
    if (rawBuffer === this.client.chunk) {
      connection.keepCopy(rawBuffer, rawStart, rawEnd);
      this.write(connection, prefix, rawBuffer, rawStart, rawEnd, this.client.transport);
      return true;
    }
    // The next command overwrites the assembler's own buffer: the copy that goes out is the one that is kept.
    const copy = Buffer.from(rawBuffer.subarray(rawStart, rawEnd));
    command.bytes = copy;
    this.write(connection, prefix, copy, 0, copy.length, null);
    return true;
  }

  private sendExecute(connection: PooledConnection, prefix: Buffer | null): boolean {
    const { command } = this;
    const { prepared } = command;
    const statement = command.statement as NonNullable<Command['statement']>;
    if (prepared === null) return false;
    connection.prepared.use(prepared);
    this.stats.counters.comBackendStmtExecute++;
    const { chunk, transport } = this.client;
    const { rawBuffer, rawStart, rawEnd } = this.client.assembler;
    const isInSlab = command.bytes === null && rawBuffer === chunk;
    if (isInSlab && goesAsItIs(statement, prepared, command)) {
      if (command.bindsTypes) prepared.boundTypes = statement.types;
      connection.keepCopy(rawBuffer, rawStart, rawEnd);
      replaceStatementId(rawBuffer, rawStart + PACKET_HEADER_BYTES, prepared.id);
      connection.expect(command.replyKind, this.receiver, command.sequence, statement.columns);
      this.write(connection, prefix, rawBuffer, rawStart, rawEnd, transport);
      return true;
    }
    if (rawBuffer !== chunk) this.keepBytes();
    const known = this.commandBytes();
    if (known.fromSlab) connection.keepCopy(known.buffer, known.start, known.end);
    const built = executeBytes(known, statement, prepared, command, this.client.capabilities);
    connection.expect(command.replyKind, this.receiver, built.commandSequence, statement.columns);
    const source = built.fromSlab ? this.client.transport : null;
    this.write(connection, prefix, built.buffer, built.start, built.end, source);
    return true;
  }

  private write(
    connection: PooledConnection,
    prefix: Buffer | null,
    buffer: Uint8Array,
    start: number,
    end: number,
    source: Transport | null,
  ): void {
    this.sending = true;
    if (prefix === null) {
      connection.send(buffer, start, end, source);
    } else {
      const joined = Buffer.concat([prefix, buffer.subarray(start, end)]);
      connection.send(joined, 0, joined.length, null);
    }
    this.sending = false;
  }

  /** The command outlives this turn of the event loop: it must not stay in the client's buffer. */
  keepBytes(): void {
    if (this.command.bytes !== null) return;
    const { rawBuffer, rawStart, rawEnd } = this.client.assembler;
    this.command.bytes = Buffer.from(rawBuffer.subarray(rawStart, rawEnd));
  }

  private commandBytes(): CommandBytes {
    const { bytes } = this.command;
    if (bytes !== null) return { buffer: bytes, start: 0, end: bytes.length, fromSlab: false };
    const { rawBuffer, rawStart, rawEnd } = this.client.assembler;
    return { buffer: rawBuffer, start: rawStart, end: rawEnd, fromSlab: rawBuffer === this.client.chunk };
  }
}

import type { BackendConnection, ReplyReceiver } from '../backend/backend-connection.js';
import type { ServerError } from '../base/errors.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { Capability, has, PACKET_HEADER_BYTES, ReplyHeader } from '../protocol/constants.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import { ReplyEvent, ReplyKind, type ReplyTracker } from '../protocol/reply-tracker.js';
import { PacketReader } from '../protocol/wire/reader.js';
import { encodeCommands, PacketWriter } from '../protocol/wire/writer.js';
import { payloadsOf } from './captured-answer.js';
import { MESSAGE_CHARSET, resultsCharset } from './message-charset.js';
import type { OwnDiagnostics } from './own-diagnostics.js';

/** The answer of a connection to SHOW WARNINGS, taken before somebody else used it. */
export interface Captured {
  /** Payloads of the rows: level, code, message. */
  readonly rows: readonly Buffer[];
  /** Of the messages. */
  readonly charset: string;
  readonly warningCount: number;
  readonly errorCount: number;
}

/** What a connection has said; null: it was not asked, or has not said. */
export interface Answers {
  readonly conditions: Captured | null;
  readonly foundRows: number | bigint | null;
  readonly insertId: number | bigint | null;
  readonly rowCount: number | bigint | null;
}

type Rows = readonly Buffer[];

/** The only condition after an error of weir's own. */
export function ownCondition({ errno, message }: ServerError): Captured {
  const writer = new PacketWriter()
    .startPacket()
    .lengthEncodedString('Error')
    .lengthEncodedString(String(errno))
    .lengthEncodedString(message);
  return { rows: [writer.endPacket().take().subarray(PACKET_HEADER_BYTES)], charset: MESSAGE_CHARSET, warningCount: 1, errorCount: 1 };
}

/** The list with `error` behind it. */
export function withOwnError(before: Captured | null, error: ServerError): Captured {
  const own = ownCondition(error);
  if (before === null) return own;
  const { rows, charset, warningCount, errorCount } = before;
  return { rows: [...rows, ...own.rows], charset, warningCount: warningCount + 1, errorCount: errorCount + 1 };
}

/** The list with `error` in place of the error at its end; null: with nothing in its place. */
export function withLastError({ rows, charset, warningCount, errorCount }: Captured, error: ServerError | null): Captured {
  const last = rows.at(-1);
  const hasError = last !== undefined && levelOf(last) === 'Error';
  const others = hasError ? rows.slice(0, -1) : rows;
  if (error === null) return { rows: others, charset, warningCount: warningCount - 1, errorCount: errorCount - 1 };
  // A list that was full has no room for this one either.
  return { rows: hasError ? [...others, ...ownCondition(error).rows] : rows, charset, warningCount, errorCount };
}

/** Longer lists are not kept: max_error_count may be 65,535. */
const MAX_KEPT_BYTES = 1_048_576;

const SHOW_WARNINGS = 'SHOW WARNINGS';
const COUNTS = ['SHOW COUNT(*) WARNINGS', 'SHOW COUNT(*) ERRORS'] as const;
// A limit of their own counts instead of sql_select_limit, which may be 0.
const FOUND_ROWS = 'SELECT FOUND_ROWS() LIMIT 1';
/** Whatever else is asked changes ROW_COUNT(), and this the others. */
const ROW_COUNT = 'SELECT ROW_COUNT(), FOUND_ROWS() LIMIT 1';
/** What the next INSERT there leaves is told from what was there before: it is never 0. */
const INSERT_ID = 'SELECT LAST_INSERT_ID(), LAST_INSERT_ID(0) LIMIT 1';

/**
 * Asks `connection`, which nothing may run on, for what it alone knows of `owner`. SHOW WARNINGS changes neither the conditions nor FOUND_ROWS();
 * the counts change FOUND_ROWS(), which itself (deprecated on MySQL) changes the conditions: both are never asked for, and counts follow
 * from the list then. `onDone` is called once: the connection may be used, or it is lost.
 */
export function askConnection(
  connection: PooledConnection,
  owner: OwnDiagnostics,
  onDone: (cause: Error | null, lost: boolean) => void,
): void {
  const wantsRowCount = owner.rowCountFrom === connection;
  // MySQL clears them.
  const asksConditions = owner.hasConditionsAt(connection) && !(wantsRowCount && connection.login.flavour === 'mysql');
  const asksFoundRows = owner.foundRows.isToBeAskedAt(connection) && !wantsRowCount;
  const statements = [
    ...(wantsRowCount ? [ROW_COUNT] : []),
    ...(asksConditions ? [SHOW_WARNINGS, ...(asksFoundRows ? [] : COUNTS)] : []),
    ...(asksFoundRows ? [FOUND_ROWS] : []),
    ...(owner.insertId.isToBeAskedAt(connection) ? [INSERT_ID] : []),
  ];
  const { capabilities } = connection.login;
  const bytes = encodeCommands(statements.map((text) => (writer) => writeComQuery(writer, text, capabilities)));
  const receiver = new AnswerReceiver(statements, owner, connection, onDone);
  for (const _ of statements) connection.expect(ReplyKind.query, receiver, 0);
  connection.send(bytes, 0, bytes.length, null);
}

class AnswerReceiver implements ReplyReceiver {
  /** The session that sends the question may end before the answer; the one that it is for goes on. */
  readonly outlivesSession = true;
  private readonly replies: Buffer[] = [];
  private parts: Buffer[] = [];
  private isOver = false;

  constructor(
    private readonly statements: readonly string[],
    private readonly owner: OwnDiagnostics,
    private readonly connection: PooledConnection,
    private readonly onDone: (cause: Error | null, lost: boolean) => void,
  ) {}

  onForward(_connection: BackendConnection, buffer: Uint8Array, start: number, end: number): void {
    this.parts.push(Buffer.from(buffer.subarray(start, end)));
  }

  onEvent(_connection: BackendConnection, tracker: ReplyTracker): void {
    if (tracker.event === ReplyEvent.none) return;
    this.parts.push(Buffer.from(tracker.packetBuffer.subarray(tracker.packetStart, tracker.packetEnd)));
  }

  onReplyDone(): void {
    this.replies.push(Buffer.concat(this.parts));
    this.parts = [];
    if (this.replies.length < this.statements.length) return;
    this.isOver = true;
    const { owner, connection } = this;
    const isEofDeprecated = has(connection.login.capabilities, Capability.deprecateEof);
    const sets = new Map(this.replies.map((reply, index) => [this.statements[index]!, rowsOf(reply, isEofDeprecated)]));
    owner.onAnswer(connection, {
      conditions: captured(owner, connection, sets),
      foundRows: numbersOf(sets.get(FOUND_ROWS))[0] ?? numbersOf(sets.get(ROW_COUNT))[1] ?? null,
      insertId: numbersOf(sets.get(INSERT_ID))[0] ?? null,
      rowCount: numbersOf(sets.get(ROW_COUNT))[0] ?? null,
    });
    this.onDone(null, false);
  }

  onLost(_connection: BackendConnection, cause: Error | null): void {
    if (this.isOver) return;
    this.isOver = true;
    this.owner.onLost(this.connection);
    this.onDone(cause, true);
  }
}

/** Rows of the only result set of a reply; null for an error. */
export function rowsOf(reply: Buffer, isEofDeprecated: boolean): readonly Buffer[] | null {
  const packets = payloadsOf(reply);
  const [first] = packets;
  if (first === undefined || first[0] === ReplyHeader.error || first[0] === ReplyHeader.ok) return null;
  const columns = first[0]!;
  return packets.slice(1 + columns + (isEofDeprecated ? 0 : 1), -1);
}

/** The values of the only row of a text result. */
function numbersOf(rows: Rows | null | undefined): (number | bigint)[] {
  const [row] = rows ?? [];
  if (row === undefined) return [];
  const reader = new PacketReader(row, 0, row.length, 'row');
  const numbers: (number | bigint)[] = [];
  while (reader.remaining > 0) {
    const text = reader.lengthEncodedString('number');
    numbers.push(Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text));
  }
  return numbers;
}

const countOf = (rows: Rows | null | undefined): number | null => {
  const [count] = numbersOf(rows);
  return count === undefined ? null : Number(count);
};

function captured(owner: OwnDiagnostics, connection: PooledConnection, sets: ReadonlyMap<string, Rows | null>): Captured | null {
  const rows = sets.get(SHOW_WARNINGS);
  if (rows === undefined || rows === null) return null;
  if (rows.reduce((bytes, row) => bytes + row.length, 0) > MAX_KEPT_BYTES) return null;
  const errors = rows.filter((row) => levelOf(row) === 'Error').length;
  return {
    rows,
    charset: resultsCharset(connection.state, connection),
    warningCount: countOf(sets.get(COUNTS[0])) ?? Math.max(owner.warnings, rows.length),
    errorCount: countOf(sets.get(COUNTS[1])) ?? (owner.failed ? Math.max(1, errors) : errors),
  };
}

/** Note, Warning or Error: of a row of SHOW WARNINGS in text. */
export function levelOf(row: Buffer): string {
  return new PacketReader(row, 0, row.length, 'row').lengthEncodedString('level');
}

import { weirError } from '../../base/errors.js';
import { LAST_PREPARED_STATEMENT, readComStmtExecute, statementIdOf } from '../../protocol/packets/com-stmt-execute.js';
import { type ParameterType, readParameterTypes, readParameterValues } from '../../protocol/packets/stmt-parameters.js';
import { PacketReader } from '../../protocol/wire/reader.js';
import { type PreparedAdminStatement, type SqlParameter, sqlParameter } from '../prepared-statement.js';

/** Of one connection; servers allow 16,382 for all together. */
const MOST_STATEMENTS = 1024;
const MOST_TEXT_BYTES = 16 * 1024 * 1024;
const MOST_LONG_DATA_BYTES = 64 * 1024 * 1024;
/** What a piece of long data costs beside its bytes. */
const PIECE_BYTES = 200;
/** The count of parameters has 16 bits. */
const MOST_PARAMETERS = 0xffff;

interface OpenStatement {
  readonly prepared: PreparedAdminStatement;
  /** As bound by an execution before; null until then. */
  types: readonly ParameterType[] | null;
  readonly longData: Map<number, Buffer[]>;
  /** What was wrong with long data, which has no reply: the next execution answers it. */
  problem: Error | null;
}

/** The prepared statements of one connection. */
export class PreparedStatements {
  readonly #open = new Map<number, OpenStatement>();
  #lastId = 0;
  #textLength = 0;
  #longDataBytes = 0;

  /** @throws WeirError when the connection has too many */
  add(prepared: PreparedAdminStatement): number {
    if (prepared.marks.length > MOST_PARAMETERS) throw weirError('tooManyPlaceholders');
    if (this.#open.size >= MOST_STATEMENTS) throw weirError('tooManyStatements', { limit: MOST_STATEMENTS });
    if (this.#textLength + prepared.text.length > MOST_TEXT_BYTES) {
      throw weirError('sessionLimitReached', { limit: 'of the texts of prepared statements', value: MOST_TEXT_BYTES });
    }
    this.#lastId += 1;
    this.#textLength += prepared.text.length;
    this.#open.set(this.#lastId, { prepared, types: null, longData: new Map(), problem: null });
    return this.#lastId;
  }

  /**
   * Reads an execution; long data is used up by it.
   * @throws WeirError for an unknown statement and for parameters without types
   */
  execution(payload: Buffer, capabilities: number): { readonly prepared: PreparedAdminStatement; readonly parameters: SqlParameter[] } {
    const statement = this.#statement(payload, 'mysqld_stmt_execute');
    const { prepared } = statement;
    const count = prepared.marks.length;
    const execute = readComStmtExecute(payload, 0, payload.length, count, capabilities);
    const longData = this.#takeLongData(statement);
    if (count === 0) return { prepared, parameters: [] };
    statement.types = readParameterTypes(payload, execute, capabilities) ?? statement.types;
    if (statement.types === null) throw weirError('wrongArguments', { command: 'mysqld_stmt_execute' });
    const values = readParameterValues(payload, payload.length, execute, statement.types, longData);
    return { prepared, parameters: values.slice(0, count).map(sqlParameter) };
  }

  /** COM_STMT_SEND_LONG_DATA: 1 0x18, 4 statement id, 2 parameter, rest: bytes to append. */
  addLongData(payload: Buffer): void {
    const reader = new PacketReader(payload, 0, payload.length, 'COM_STMT_SEND_LONG_DATA');
    reader.skip(1, 'command');
    const statement = this.#open.get(this.#resolved(reader.u32('statement id')));
    const parameter = reader.u16('parameter');
    const bytes = reader.rest();
    if (statement === undefined) return;
    if (parameter >= statement.prepared.marks.length)
      statement.problem = weirError('wrongArguments', { command: 'mysqld_stmt_send_long_data' });
    else if (this.#longDataBytes + bytes.length + PIECE_BYTES > MOST_LONG_DATA_BYTES) statement.problem = weirError('packetTooLarge');
    else {
      this.#longDataBytes += bytes.length + PIECE_BYTES;
      const parts = statement.longData.get(parameter);
      if (parts === undefined) statement.longData.set(parameter, [bytes]);
      else parts.push(bytes);
    }
  }

  /** COM_STMT_RESET. @throws WeirError for an unknown statement */
  reset(payload: Buffer): void {
    this.#dropLongData(this.#statement(payload, 'mysqld_stmt_reset'));
  }

  /** COM_STMT_CLOSE; an unknown statement is ignored, since nothing is answered. */
  close(payload: Buffer): void {
    const id = this.#idOf(payload);
    const statement = this.#open.get(id);
    if (statement === undefined) return;
    this.#dropLongData(statement);
    this.#textLength -= statement.prepared.text.length;
    this.#open.delete(id);
  }

  closeAll(): void {
    this.#open.clear();
    this.#textLength = 0;
    this.#longDataBytes = 0;
  }

  #takeLongData(statement: OpenStatement): Map<number, Buffer> {
    const { problem } = statement;
    const longData = new Map([...statement.longData].map(([parameter, parts]) => [parameter, Buffer.concat(parts)]));
    this.#dropLongData(statement);
    if (problem !== null) throw problem;
    return longData;
  }

  #dropLongData(statement: OpenStatement): void {
    for (const parts of statement.longData.values()) for (const part of parts) this.#longDataBytes -= part.length + PIECE_BYTES;
    statement.longData.clear();
    statement.problem = null;
  }

  #statement(payload: Buffer, command: string): OpenStatement {
    const id = this.#idOf(payload);
    const statement = this.#open.get(id);
    if (statement === undefined) throw weirError('unknownStatement', { id, command });
    return statement;
  }

  #idOf(payload: Buffer): number {
    return this.#resolved(statementIdOf(payload, 0, payload.length));
  }

  #resolved(id: number): number {
    return id === LAST_PREPARED_STATEMENT ? this.#lastId : id;
  }
}

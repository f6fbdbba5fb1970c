import { weirError } from '../../base/errors.js';
import { Command, commandName } from '../../protocol/constants.js';
import { queryTextStart } from '../../protocol/packets/com-query.js';
import {
  allowsMultiStatements,
  capabilitiesAfterSetOption,
  readComFieldList,
  readComInitDb,
  readComSetOption,
} from '../../protocol/packets/simple-commands.js';
import { PacketReader } from '../../protocol/wire/reader.js';
import type { PacketWriter } from '../../protocol/wire/writer.js';
import { likeTest } from '../command.js';
import type { AdminSession } from '../context.js';
import { literalFor } from '../prepared-statement.js';
import { AdminError, type AdminReply, ok } from '../reply.js';
import { replaceMarks, splitStatements } from '../statement-text.js';
import type { AdminOutput } from './output.js';
import { PreparedStatements } from './prepared-statements.js';
import { writeEnd, writeFieldList, writePrepared, writeReply } from './replies.js';
import { serverStatistics } from './server-statistics.js';
import type { AdminStatements } from './statements.js';

const ONE_STATEMENT = 'A prepared statement is one statement';
const NEEDS_MULTI_STATEMENTS =
  'Several statements in one query need CLIENT_MULTI_STATEMENTS (drivers: multipleStatements, allowMultiQueries); none was executed';

/** The commands of one client that is logged in, all but COM_QUIT and COM_CHANGE_USER. */
export class AdminCommands {
  readonly #statements: AdminStatements;
  readonly #output: AdminOutput;
  readonly #session: AdminSession;
  readonly #prepared = new PreparedStatements();
  #capabilities: number;

  /** @param capabilities those that both sides have */
  constructor(statements: AdminStatements, output: AdminOutput, session: AdminSession, capabilities: number) {
    this.#statements = statements;
    this.#output = output;
    this.#session = session;
    this.#capabilities = capabilities;
  }

  get capabilities(): number {
    return this.#capabilities;
  }

  /**
   * Executes a command and writes its reply; what is left in the writer is for the caller to send.
   * @throws AdminError, WeirError; ProtocolViolation for bytes that end the connection
   */
  async run(payload: Buffer, writer: PacketWriter): Promise<void> {
    switch (payload[0]) {
      case Command.query:
        return this.#query(payload.toString('utf8', queryTextStart(payload, 0, payload.length, this.#capabilities)), writer);
      case Command.processInfo:
        return this.#query('SHOW PROCESSLIST', writer);
      case Command.processKill:
        return this.#query(`KILL ${numberOf(payload)}`, writer);
      case Command.initDb:
        return this.#initDb(readComInitDb(payload, 0, payload.length), writer);
      case Command.fieldList:
        return this.#fieldList(payload, writer);
      case Command.statistics:
        return this.#statistics(writer);
      case Command.ping:
        return this.#reply(ok(), writer);
      case Command.setOption:
        return this.#setOption(payload, writer);
      case Command.resetConnection:
        this.#prepared.closeAll();
        this.#session.warnings = [];
        return this.#reply(ok(), writer);
      case Command.stmtPrepare:
        return this.#prepare(payload.toString('utf8', 1), writer);
      case Command.stmtExecute:
        return this.#execute(payload, writer);
      case Command.stmtSendLongData:
        return this.#prepared.addLongData(payload);
      case Command.stmtClose:
        return this.#prepared.close(payload);
      case Command.stmtReset:
        this.#prepared.reset(payload);
        return this.#reply(ok(), writer);
      default:
        throw weirError('unknownCommand', {}, { detail: `${commandName(payload[0] ?? 0)} is not answered on the admin port` });
    }
  }

  #setOption(payload: Buffer, writer: PacketWriter): void {
    const option = readComSetOption(payload, 0, payload.length);
    if (option === null) throw weirError('unknownCommand', {}, { detail: 'COM_SET_OPTION takes 0 (several statements in a text) or 1' });
    this.#capabilities = capabilitiesAfterSetOption(this.#capabilities, option);
    writeEnd(writer, this.#capabilities);
  }

  async #query(text: string, writer: PacketWriter): Promise<void> {
    const statements = splitStatements(text);
    if (statements.length > 1 && !allowsMultiStatements(this.#capabilities)) throw new AdminError(NEEDS_MULTI_STATEMENTS);
    for (const [index, statement] of statements.entries()) {
      const { schema } = this.#session;
      const reply = await this.#statements.execute(statement, this.#session);
      await this.#reply(reply, writer, { more: index < statements.length - 1, schemaBefore: schema });
      await this.#output.sendPaced(writer);
      if (this.#output.closed) return;
    }
  }

  async #statistics(writer: PacketWriter): Promise<void> {
    const text = await serverStatistics(this.#statements, this.#session);
    writer.startPacket().string(text).endPacket();
  }

  async #initDb(name: string, writer: PacketWriter): Promise<void> {
    const { schema } = this.#session;
    const reply = await this.#statements.execute(`USE \`${name}\``, this.#session);
    return this.#reply(reply, writer, { schemaBefore: schema });
  }

  #fieldList(payload: Buffer, writer: PacketWriter): void {
    const { table, pattern } = readComFieldList(payload, 0, payload.length);
    const { columns } = this.#statements.prepare(`SELECT * FROM "${table.replaceAll('"', '""')}"`, this.#session);
    const isAsked = pattern === '' ? () => true : likeTest(pattern);
    writeFieldList(writer, table, columns.filter(isAsked), this.#capabilities);
  }

  #prepare(text: string, writer: PacketWriter): void {
    if (splitStatements(text).length > 1) throw new AdminError(ONE_STATEMENT);
    const prepared = this.#statements.prepare(text, this.#session);
    const statementId = this.#prepared.add(prepared);
    writePrepared(writer, { statementId, parameters: prepared.marks.length, columns: prepared.columns }, this.#capabilities);
  }

  async #execute(payload: Buffer, writer: PacketWriter): Promise<void> {
    const { prepared, parameters } = this.#prepared.execution(payload, this.#capabilities);
    const { schema } = this.#session;
    const { text, marks, isCommand } = prepared;
    const reply = isCommand
      ? await this.#statements.execute(
          replaceMarks(text, marks, (index) => literalFor(parameters[index]!)),
          this.#session,
        )
      : await this.#statements.execute(text, this.#session, parameters);
    await this.#reply(reply, writer, { binary: true, schemaBefore: schema });
  }

  #reply(
    reply: AdminReply,
    writer: PacketWriter,
    { binary = false, more = false, schemaBefore = this.#session.schema }: ReplyDetails = {},
  ): Promise<void> {
    const schema = this.#session.schema === schemaBefore ? null : this.#session.schema;
    return writeReply(this.#output, writer, reply, { capabilities: this.#capabilities, binary, more, schema });
  }
}

interface ReplyDetails {
  readonly binary?: boolean;
  readonly more?: boolean;
  readonly schemaBefore?: string;
}

/** COM_PROCESS_KILL: 1 0x0C, 4 connection id. */
function numberOf(payload: Buffer): number {
  const reader = new PacketReader(payload, 0, payload.length, 'COM_PROCESS_KILL');
  reader.skip(1, 'command');
  return reader.u32('connection id');
}

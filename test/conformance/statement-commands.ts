import { Capability, Command, CursorFlag, ReplyHeader } from '../../src/protocol/constants.js';
import {
  BulkFlag,
  bulkPacket,
  executePacket,
  fetchPacket,
  longDataPacket,
  type Parameter,
  statementPacket,
} from '../support/execute-packets.js';
import { bare, type WireClient, type WirePacket } from '../support/wire-client.js';

/** MariaDB: the statement prepared last, whose reply may still be under way. */
const LAST_PREPARED = 0xffff_ffff;
/** Words behind the values of an execution. */
const CURSOR_FLAGS: Readonly<Record<string, number>> = { cursor: CursorFlag.readOnly };

/**
 * The prepared statements of one session of a script, by the names that the script gives them:
 *
 *     COM_STMT_PREPARE s SELECT ?, ?
 *     COM_STMT_EXECUTE s [1, "x"]                types are sent; the last values of a name are written as execute-packets.ts says
 *     COM_STMT_EXECUTE s [2, "y"] untyped        types are not sent
 *     COM_STMT_EXECUTE s [2, "y"] cursor         opens a cursor
 *     COM_STMT_EXECUTE s [2, "y"] attribute      with a query attribute, where they are negotiated
 *     COM_STMT_FETCH s 10
 *     COM_STMT_SEND_LONG_DATA s 0 text           `text*3`: three times as long
 *     COM_STMT_RESET s
 *     COM_STMT_CLOSE s
 *     COM_STMT_BULK_EXECUTE s [[1, "x"], [2, null]]      and `untyped`, `units`
 *     COM_STMT_PREPARE+EXECUTE s [1, 2] SELECT ?, ?      both in one write, the second for "the last one" (MariaDB)
 *
 * `#7` instead of a name is a number; a name that was not prepared is one that nobody has.
 */
export class NamedStatements {
  readonly #ids = new Map<string, number>();

  constructor(private readonly client: WireClient) {}

  /** The packets of the reply; none for commands that have none. Numbers of statements are left out. */
  async run(line: string): Promise<WirePacket[]> {
    const [, command = '', name = '', rest = ''] = /^(\S+) (\S+) ?(.*)$/s.exec(line) ?? [];
    const { client } = this;
    const id = this.#idOf(name);
    switch (command) {
      case 'COM_STMT_PREPARE':
        return this.#prepared(name, await client.command(bare(Command.stmtPrepare, rest), 'prepare'));
      case 'COM_STMT_PREPARE+EXECUTE':
        return this.#pipelined(name, rest);
      case 'COM_STMT_EXECUTE': {
        const { values, words } = readValues<Parameter[]>(rest);
        const flags = words.reduce((all, word) => all | (CURSOR_FLAGS[word] ?? 0), 0);
        const hasAttributes = (client.capabilities & Capability.queryAttributes) !== 0;
        const attributes = words.includes('attribute') ? { origin: 'script' } : {};
        const types = !words.includes('untyped');
        const packet = executePacket(id, values, hasAttributes ? { types, flags, attributes } : { types, flags });
        return this.#without(id, await client.command(packet));
      }
      case 'COM_STMT_BULK_EXECUTE': {
        const { values, words } = readValues<Parameter[][]>(rest);
        const flags = (words.includes('untyped') ? 0 : BulkFlag.sendsTypes) | (words.includes('units') ? BulkFlag.unitResults : 0);
        return this.#without(id, await client.command(bulkPacket(id, values, flags)));
      }
      case 'COM_STMT_FETCH':
        return this.#without(id, await client.command(fetchPacket(id, Number(rest)), 'rows'));
      case 'COM_STMT_SEND_LONG_DATA': {
        const [, parameter = '0', text = '', times = '1'] = /^(\d+) (.*?)(?:\*(\d+))?$/s.exec(rest) ?? [];
        client.send(longDataPacket(id, Number(parameter), Buffer.from(text.repeat(Number(times)))));
        return [];
      }
      case 'COM_STMT_RESET':
        return this.#without(id, await client.command(statementPacket(Command.stmtReset, id), 'single'));
      case 'COM_STMT_CLOSE':
        client.send(statementPacket(Command.stmtClose, id));
        return [];
      default:
        throw new Error(`there is no command ${command}`);
    }
  }

  #idOf(name: string): number {
    if (name === 'last') return LAST_PREPARED;
    return name.startsWith('#') ? Number(name.slice(1)) : (this.#ids.get(name) ?? 424_242);
  }

  #prepared(name: string, packets: WirePacket[]): WirePacket[] {
    const [head, ...others] = packets;
    if (head === undefined || head.payload[0] !== ReplyHeader.ok) return packets;
    this.#ids.set(name, head.payload.readUInt32LE(1));
    const payload = Buffer.from(head.payload);
    payload.writeUInt32LE(0, 1);
    return [{ ...head, payload }, ...others];
  }

  async #pipelined(name: string, rest: string): Promise<WirePacket[]> {
    const { values, behind } = readValues<Parameter[]>(rest);
    const { client } = this;
    client.send(bare(Command.stmtPrepare, behind));
    client.send(executePacket(LAST_PREPARED, values));
    const prepared = this.#prepared(name, await client.reply('prepare'));
    return [...prepared, ...(await client.reply('result'))];
  }

  /** Errors name the number of the statement. */
  #without(id: number, packets: WirePacket[]): WirePacket[] {
    return packets.map((packet) => {
      if (packet.payload[0] !== ReplyHeader.error) return packet;
      return { ...packet, payload: Buffer.from(packet.payload.toString('latin1').replace(`(${id})`, '(id)'), 'latin1') };
    });
  }
}

/** `[…] words`: JSON, and what stands behind it. */
function readValues<T>(text: string): { readonly values: T; readonly words: readonly string[]; readonly behind: string } {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"' && text[at - 1] !== '\\') quoted = !quoted;
    if (!quoted && character === '[') depth += 1;
    if (!quoted && character === ']') depth -= 1;
    if (depth > 0) continue;
    const behind = text.slice(at + 1).trim();
    return { values: JSON.parse(text.slice(0, at + 1)) as T, words: behind.split(' '), behind };
  }
  throw new Error(`values that do not end: ${text}`);
}

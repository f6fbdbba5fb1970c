import { Command, ReplyHeader } from '../../src/protocol/constants.js';
import { executePacket, statementPacket } from '../support/execute-packets.js';
import { APP, ROOT } from '../support/servers/accounts.js';
import { bare, isPrepared, WireClient, type WirePacket } from '../support/wire-client.js';
import type { ConformanceScript, ParameterValue, ScriptStep } from './script-file.js';
import { NamedStatements } from './statement-commands.js';

export const SCHEMA = 'conformance';

export interface RunOptions {
  readonly port: number;
  readonly capabilities: number;
  /** MariaDB's own. */
  readonly mariadbCapabilities?: number;
  /** Statements without parameters are prepared too, executed once and closed. */
  readonly prepared: boolean;
  /** Called before each step: other sessions do something then. */
  readonly beforeStep?: () => Promise<void>;
  /** Called after each step. */
  readonly afterStep?: () => Promise<void>;
}

/** ER_UNSUPPORTED_PS in an ERR packet. */
const NOT_PREPARABLE = String.fromCharCode(ReplyHeader.error, 1295 & 0xff, 1295 >> 8);

/** Every packet that the clients of one run got, a text each, by step. */
export type Transcript = readonly (readonly [step: string, packets: readonly string[]])[];

/** The sessions of one script on one side. */
class ScriptRun {
  readonly #options: RunOptions;
  readonly #clients = new Map<number, WireClient>();
  readonly #statements = new Map<WireClient, NamedStatements>();

  constructor(options: RunOptions) {
    this.#options = options;
  }

  async run(script: ConformanceScript): Promise<Transcript> {
    const { port, capabilities, mariadbCapabilities = 0 } = this.#options;
    const login = { capabilities, mariadbCapabilities, schema: SCHEMA, timeoutMs: 15_000 };
    try {
      for (const session of sessionsOf(script)) this.#clients.set(session, await WireClient.login(port, login));
      const transcript: [string, string[]][] = [];
      for (const step of script.steps) {
        await this.#options.beforeStep?.();
        transcript.push([`${step.session}> ${step.text}`, await this.#step(step)]);
        await this.#options.afterStep?.();
      }
      return transcript;
    } finally {
      for (const client of this.#clients.values()) client.destroy();
    }
  }

  async #step(step: ScriptStep): Promise<string[]> {
    const client = this.#clients.get(step.session)!;
    try {
      return await this.#answer(client, step);
    } catch (error) {
      // The end of the connection is an answer too; a time limit is none.
      if (client.closed) return ['connection closed'];
      throw new Error(`${step.session}> ${step.text}: ${(error as Error).message}`, { cause: error });
    }
  }

  #answer(client: WireClient, { text, runs }: ScriptStep): Promise<string[]> {
    const sql = this.#withIds(client, text);
    if (sql.startsWith('COM_STMT_')) return this.#statementsOf(client).run(sql).then(shown);
    if (sql.startsWith('COM_')) return command(client, sql);
    if (runs === null && !this.#options.prepared) return client.query(sql).then(shown);
    return runs === null ? prepareOrQuery(client, sql) : prepareAndRun(client, sql, runs);
  }

  #statementsOf(client: WireClient): NamedStatements {
    let statements = this.#statements.get(client);
    if (statements === undefined) {
      statements = new NamedStatements(client);
      this.#statements.set(client, statements);
    }
    return statements;
  }

  #withIds(client: WireClient, text: string): string {
    return text
      .replace(/\$ID(\d)/g, (_, session: string) => String(this.#clients.get(Number(session))!.greeting!.threadId))
      .replaceAll('$ID', String(client.greeting!.threadId));
  }
}

/** The numbers of its sessions. */
export function sessionsOf(script: ConformanceScript): number[] {
  return [...new Set([1, ...script.steps.map(({ session }) => session)])];
}

export function runScript(script: ConformanceScript, options: RunOptions): Promise<Transcript> {
  return new ScriptRun(options).run(script);
}

async function command(client: WireClient, text: string): Promise<string[]> {
  const [name, ...args] = text.split(' ');
  switch (name) {
    case 'COM_PING':
      return shown(await client.command(bare(Command.ping), 'single'));
    case 'COM_INIT_DB':
      return shown(await client.command(bare(Command.initDb, args[0]), 'single'));
    case 'COM_FIELD_LIST':
      return shown(await client.command(bare(Command.fieldList, `${args[0] ?? ''}\0${args[1] ?? ''}`), 'fields'));
    case 'COM_SET_OPTION':
      return shown(await client.command(Buffer.from([Command.setOption, Number(args[0]), 0]), 'single'));
    case 'COM_RESET_CONNECTION':
      return shown(await client.command(bare(Command.resetConnection), 'single'));
    case 'COM_CHANGE_USER': {
      const account = args[0] === ROOT.username ? ROOT : APP;
      const error = await client.changeUser(account, args[1] ?? '');
      return [error === null ? 'OK' : `${error.errno} ${error.message}`];
    }
    default:
      throw new Error(`there is no command ${name}`);
  }
}

/** A statement that servers do not prepare is sent as text then: the rest of the script may need what it does. */
async function prepareOrQuery(client: WireClient, sql: string): Promise<string[]> {
  const packets = await prepareAndRun(client, sql, [[]]);
  return packets[0]!.includes(NOT_PREPARABLE) ? [...packets, 'text', ...shown(await client.query(sql))] : packets;
}

async function prepareAndRun(client: WireClient, sql: string, runs: readonly (readonly ParameterValue[])[]): Promise<string[]> {
  const prepared = await client.command(bare(Command.stmtPrepare, sql), 'prepare');
  const packets = shown(prepared.map(withoutStatementId));
  const head = prepared[0]!.payload;
  if (!isPrepared(head)) return packets;
  const id = head.readUInt32LE(1);
  for (const values of runs) packets.push('execute', ...shown(await client.command(executePacket(id, values))));
  client.send(statementPacket(Command.stmtClose, id));
  return packets;
}

/** Statement ids are each side's own. */
function withoutStatementId(packet: WirePacket, position: number): WirePacket {
  if (position > 0 || !isPrepared(packet.payload)) return packet;
  const payload = Buffer.from(packet.payload);
  payload.writeUInt32LE(0, 1);
  return { ...packet, payload };
}

function shown(packets: readonly WirePacket[]): string[] {
  return packets.map(({ sequence, payload }) => `${sequence} ${payload.toString('latin1')}`);
}

/** Where the two differ: step, packet, and both. */
export function differences(straight: Transcript, through: Transcript): string[] {
  return straight.flatMap(([step, packets], index) => {
    const other = through[index]?.[1] ?? [];
    if (packets.join('\n') === other.join('\n')) return [];
    const at = packets.findIndex((packet, place) => packet !== other[place]);
    const place = at < 0 ? packets.length : at;
    return [`${step}: packet ${place} of ${packets.length}/${other.length}: ${quoted(packets[place])} | ${quoted(other[place])}`];
  });
}

const quoted = (packet: string | undefined): string =>
  packet === undefined ? 'none' : JSON.stringify(packet.slice(0, 200).replace(/127\.0\.0\.1:\d+/, 'server'));

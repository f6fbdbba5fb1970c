import { Command, CursorFlag, ReplyHeader } from '../../src/protocol/constants.js';
import {
  BulkFlag,
  bulkPacket,
  type ExecuteOptions,
  executePacket,
  fetchPacket,
  longDataPacket,
  statementPacket,
} from '../support/execute-packets.js';
import { type Account, APP } from '../support/servers/accounts.js';
import type { Flavour } from '../support/servers/index.js';
import { bare, comQuery, frame, type ReplyShape, WireClient } from '../support/wire-client.js';
import { shownPackets, shownPrepare } from './packets.js';
import type { Action, Step } from './step.js';

const TIMEOUT_MS = 8000;
const NO_ANSWER = 'no answer';
const CLOSED = 'connection closed';

/** What `Side.play` gives for a step that was not answered in time. */
export const isUnanswered = ([first = '']: readonly string[]): boolean => first.startsWith(NO_ANSWER);
/** Neither that nor the end of the connection. */
export const isAnswered = (packets: readonly string[]): boolean => !isUnanswered(packets) && packets[0] !== CLOSED;

/** Between the answers of a pipeline. */
const NEXT_REPLY = 'next';

/** The answers of a pipeline, one for each of its commands. */
export function repliesOf(packets: readonly string[]): string[][] {
  const replies: string[][] = [[]];
  for (const packet of packets) {
    if (packet === NEXT_REPLY) replies.push([]);
    else replies.at(-1)!.push(packet);
  }
  return replies;
}

/** What a session asks for when it logs in. */
export interface SessionKind {
  readonly capabilities: number;
  readonly mariadbCapabilities?: number;
  readonly collation?: number;
  readonly schema: string;
}

export interface SideOptions {
  readonly port: number;
  readonly sessions: readonly SessionKind[];
  /** Whom COM_CHANGE_USER may name. */
  readonly accounts: readonly Account[];
  readonly flavour: Flavour;
}

interface SideSession {
  client: WireClient;
  /** Ids of prepared statements by slot. */
  readonly statements: Map<number, number>;
}

/** The sessions of a history at one server: weir, or the plain one. */
export class Side {
  readonly #options: SideOptions;
  readonly #sessions = new Map<number, SideSession>();

  constructor(options: SideOptions) {
    this.#options = options;
  }

  /** The packets of the answer, as texts. Never throws for what a server does: the end of the connection is an answer too. */
  async play({ session, action }: Step): Promise<string[]> {
    try {
      return await this.#answer(session, await this.#session(session), action);
    } catch (error) {
      const wasClosed = this.#sessions.get(session)?.client.closed === true;
      this.#end(session);
      return [wasClosed ? CLOSED : `${NO_ANSWER}: ${(error as Error).message}`];
    }
  }

  close(): void {
    for (const session of [...this.#sessions.keys()]) this.#end(session);
  }

  #end(session: number): void {
    this.#sessions.get(session)?.client.destroy();
    this.#sessions.delete(session);
  }

  async #session(session: number): Promise<SideSession> {
    const known = this.#sessions.get(session);
    if (known !== undefined && !known.client.closed) return known;
    const { flavour, port, sessions } = this.#options;
    const client = await WireClient.login(port, { ...sessions[session]!, timeoutMs: TIMEOUT_MS });
    if (flavour === 'mariadb') await countRows(client);
    const opened = { client, statements: new Map<number, number>() };
    this.#sessions.set(session, opened);
    return opened;
  }

  #answer(session: number, own: SideSession, action: Action): Promise<string[]> {
    const { client, statements } = own;
    const withStatement = async (send: (id: number) => Promise<string[]>): Promise<string[]> => {
      const id = 'slot' in action ? statements.get(action.slot) : undefined;
      return id === undefined ? ['nothing is prepared'] : send(id);
    };
    switch (action.do) {
      case 'query':
      case 'execute':
      case 'resetStatement':
      case 'ping':
      case 'initDb':
      case 'setOption':
      case 'fieldList':
        return this.#pipeline(own, [action]);
      case 'pipeline':
        return this.#pipeline(own, action.actions);
      case 'prepare':
        return prepare(own, action.slot, bytesOf(action, client.greeting!.threadId));
      case 'fetch':
        return withStatement(async (id) => withoutNumber(await this.#command(client, fetchPacket(id, action.rows), 'rows'), id));
      case 'bulk':
        return withStatement((id) => this.#command(client, bulkPacket(id, action.rows, BulkFlag.sendsTypes)));
      case 'longData':
        return withStatement((id) => unanswered(client, longDataPacket(id, action.parameter, Buffer.from(action.data))));
      case 'closeStatement':
        return withStatement((id) => {
          statements.delete(action.slot);
          return unanswered(client, statementPacket(Command.stmtClose, id));
        });
      case 'resetConnection':
        statements.clear();
        return this.#command(client, bare(Command.resetConnection), 'single');
      case 'changeUser':
        statements.clear();
        return this.#changeUser(client, action.username, action.schema);
      case 'kill':
        return this.#kill(client, action.victim, action.queryOnly);
      case 'reconnect':
        return this.#reconnect(session, client);
    }
  }

  async #pipeline({ client, statements }: SideSession, actions: readonly Action[]): Promise<string[]> {
    const requests = actions.map((action) => requestOf(action, client, statements));
    client.sendRaw(Buffer.concat(requests.flatMap((request) => (request === null ? [] : [frame(request.payload)]))));
    const shown: string[] = [];
    for (const [index, request] of requests.entries()) {
      if (index > 0) shown.push(NEXT_REPLY);
      if (request === null) shown.push('nothing is prepared');
      else shown.push(...shownPackets(await client.reply(request.shape), client, true));
    }
    return shown;
  }

  async #command(client: WireClient, payload: Buffer, shape?: ReplyShape): Promise<string[]> {
    return shownPackets(await client.command(payload, shape), client, shape !== 'rows');
  }

  async #changeUser(client: WireClient, username: string, schema: string): Promise<string[]> {
    const account = this.#options.accounts.find((each) => each.username === username) ?? { ...APP, username };
    const error = await client.changeUser(account, schema);
    return [error === null ? 'OK' : `${error.errno} ${error.message}`];
  }

  /** What both get: the end of the other connection is waited for. */
  async #kill(client: WireClient, victim: number, queryOnly: boolean): Promise<string[]> {
    const other = (await this.#session(victim)).client;
    const { threadId } = other.greeting!;
    const answer = await this.#command(client, comQuery(`KILL ${queryOnly ? 'QUERY ' : ''}${threadId}`));
    if (queryOnly || answer.some(isError)) return withoutNumber(answer, threadId);
    const last = shownPackets(await other.untilClosed(), other, true);
    this.#end(victim);
    return [...answer, ...last];
  }

  async #reconnect(session: number, client: WireClient): Promise<string[]> {
    client.send(bare(Command.quit));
    await client.untilClosed();
    this.#end(session);
    await this.#session(session);
    return ['connected'];
  }
}

interface Request {
  readonly payload: Buffer;
  readonly shape: ReplyShape;
}

/** Of commands that are one packet and have an answer; null: there is no such prepared statement. */
function requestOf(action: Action, { capabilities, greeting }: WireClient, statements: ReadonlyMap<number, number>): Request | null {
  const id = 'slot' in action ? statements.get(action.slot) : undefined;
  switch (action.do) {
    case 'query':
      return { payload: comQuery(bytesOf(action, greeting!.threadId), capabilities), shape: 'result' };
    case 'execute':
      return id === undefined ? null : { payload: executePacket(id, action.values, optionsOf(action)), shape: 'result' };
    case 'resetStatement':
      return id === undefined ? null : { payload: statementPacket(Command.stmtReset, id), shape: 'single' };
    case 'ping':
      return { payload: bare(Command.ping), shape: 'single' };
    case 'initDb':
      return { payload: bare(Command.initDb, action.schema), shape: 'single' };
    case 'setOption':
      return { payload: Buffer.from([Command.setOption, action.isMulti ? 0 : 1, 0]), shape: 'single' };
    case 'fieldList':
      return { payload: bare(Command.fieldList, `${action.table}\0${action.wildcard}`), shape: 'fields' };
    default:
      throw new Error(`${action.do} cannot be sent with others`);
  }
}

/**
 * Before its first SELECT, MariaDB 10.11 gives the FOUND_ROWS() of whoever its thread served before, on which no two servers agree. Everything else
 * is behind the reset as it is behind the login.
 */
async function countRows(client: WireClient): Promise<void> {
  await client.query('SELECT 1');
  await client.command(bare(Command.resetConnection), 'single');
}

function bytesOf(action: Extract<Action, { sql: string }>, threadId: number): Buffer {
  const sql = action.sql.replaceAll('$ID', String(threadId));
  return Buffer.from(sql, action.isLatin1 === true ? 'latin1' : 'utf8');
}

async function prepare({ client, statements }: SideSession, slot: number, text: Buffer): Promise<string[]> {
  statements.delete(slot);
  const packets = await client.command(Buffer.concat([bare(Command.stmtPrepare), text]), 'prepare');
  const head = packets[0]!.payload;
  if (head[0] === ReplyHeader.ok) statements.set(slot, head.readUInt32LE(1));
  return shownPrepare(packets);
}

const optionsOf = ({ withoutTypes, hasCursor }: Extract<Action, { do: 'execute' }>): ExecuteOptions => ({
  types: withoutTypes !== true,
  flags: hasCursor === true ? CursorFlag.readOnly : CursorFlag.none,
});

/** Behind the sequence number and a blank. */
const isError = (packet: string): boolean => packet.charCodeAt(packet.indexOf(' ') + 1) === ReplyHeader.error;

/** Numbers in the messages of errors are each server's own. */
const withoutNumber = (packets: readonly string[], number: number): string[] =>
  packets.map((packet) => (isError(packet) ? packet.replace(new RegExp(`(?<=.\\b)${number}\\b`), '$ID') : packet));

async function unanswered(client: WireClient, payload: Buffer): Promise<string[]> {
  client.send(payload);
  return [];
}

import type { SessionState } from '../backend/connection-state.js';
import type { PreparedOnServer, StatementIdentity } from '../backend/server-statements.js';
import type { ServerError } from '../base/errors.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { LAST_PREPARED_STATEMENT, writeComStmtClose } from '../protocol/packets/com-stmt-execute.js';
import { encodeCommands } from '../protocol/wire/writer.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import type { Hint } from '../sql/verdict.js';
import type { GlobalCounters } from '../stats/global-counters.js';
import type { LongData } from './long-data.js';
import type { ParameterHistory } from './parameter-history.js';
import type { StatementForm } from './statement-form.js';

/** A prepared statement as its client knows it. On servers it is prepared where it is needed. */
export interface ClientStatement {
  /** weir's own number, unique in the session. */
  readonly id: number;
  readonly text: Buffer;
  readonly entry: DigestEntry;
  readonly hint: Hint | null;
  /** Session state at PREPARE: names without schema keep meaning what they meant then. */
  state: SessionState;
  /** What it is on servers before any execution. */
  plainForm: StatementForm;
  /** What it is on servers now. */
  form: StatementForm;
  /**
   * The same for executions with a cursor: a statement of its own, because a cursor is closed by the next execution, and because MySQL (seen
   * in 9.7) answers with a broken reply when one that was first executed with a cursor is executed without.
   */
  cursorForm: StatementForm | null;
  parameters: number;
  /** Of its result, as the client was told last; 0 where it has none. */
  columns: number;
  /** Types bound by the last execution that bound any; interned. */
  types: Buffer | null;
  /** The type that each parameter had first, where servers go by that; null: none yet. */
  fixed: Uint16Array | null;
  /** Nothing changes that any more. */
  typesFixed: boolean;
  /** What it has bound since nobody shares it; null: others may, or it has bound nothing since. */
  history: ParameterHistory | null;
  /** null: there is none. */
  longData: LongData | null;
  /** Of long data that no server takes: each execution gets it, until COM_STMT_RESET. */
  longDataError: ServerError | null;
  /** The connection that executed it last. */
  home: PooledConnection | null;
  /** The connection on which its cursor is open. */
  cursor: PooledConnection | null;
  /** What it is open on there. */
  openCursor: PreparedOnServer | null;
}

export class ClientStatements {
  private readonly statements = new Map<number, ClientStatement>();
  private lastId = 0;
  /** The statement prepared last, which MariaDB clients name -1. */
  last: ClientStatement | null = null;

  all(): Iterable<ClientStatement> {
    return this.statements.values();
  }

  get size(): number {
    return this.statements.size;
  }

  nextId(): number {
    // 32 bits, never 0 and never 0xffffffff, which has a meaning of its own.
    this.lastId = this.lastId >= 0x7fff_fffe ? 1 : this.lastId + 1;
    while (this.statements.has(this.lastId)) this.lastId += 1;
    return this.lastId;
  }

  add(statement: ClientStatement): void {
    this.statements.set(statement.id, statement);
    this.last = statement;
  }

  /** `knowsLast`: the servers are MariaDB. */
  get(id: number, knowsLast: boolean): ClientStatement | undefined {
    if (id === LAST_PREPARED_STATEMENT && knowsLast) return this.last ?? undefined;
    return this.statements.get(id);
  }

  delete(id: number): void {
    if (this.last?.id === id) this.last = null;
    this.statements.delete(id);
  }

  clear(): void {
    this.statements.clear();
    this.last = null;
  }
}

/** With more different type lists, or more bytes of them, the table starts again; types are then sent once more than needed. */
const MAX_TYPE_LISTS = 10_000;
const MAX_TYPE_LIST_BYTES = 4_194_304;
/** A longer list is each session's own: of 65,535 parameters it has half of this, of parameters with names it may be as long as a packet. */
const MAX_SHARED_BYTES = 262_144;
let typeLists = new Map<string, Buffer>();
let typeListBytes = 0;

/** One object for equal type lists: sessions that bind the same types share what a server remembers of them. */
export function internTypes(types: Uint8Array): Buffer {
  const bytes = Buffer.from(types);
  if (bytes.length > MAX_SHARED_BYTES) return bytes;
  const key = bytes.toString('latin1');
  const known = typeLists.get(key);
  if (known !== undefined) return known;
  typeListBytes += bytes.length;
  if (typeLists.size >= MAX_TYPE_LISTS || typeListBytes > MAX_TYPE_LIST_BYTES) {
    typeLists = new Map();
    typeListBytes = bytes.length;
  }
  typeLists.set(key, bytes);
  return bytes;
}

/**
 * Notes that `connection` has the statement, and closes what it has beyond `maxStatements`, the longest unused first. Those of open cursors stay,
 * however many they are, and so does this one.
 */
export function rememberPrepared(
  connection: PooledConnection,
  identity: StatementIdentity,
  id: number,
  maxStatements: number,
  counters: GlobalCounters,
): void {
  const { prepared } = connection;
  const closing: number[] = [];
  const before = prepared.get(identity);
  if (before !== undefined) closing.push(before.id);
  const added = prepared.add(identity, id);
  while (prepared.size > Math.max(1, maxStatements)) {
    const least = prepared.leastUsed(added);
    if (least === null) break;
    prepared.forget(least);
    closing.push(least.id);
  }
  if (closing.length > 0) closeOnServer(connection, closing, counters);
}

export function forgetPrepared(connection: PooledConnection, statement: PreparedOnServer, counters: GlobalCounters): void {
  connection.prepared.forget(statement);
  closeOnServer(connection, [statement.id], counters);
}

export function closeOnServer(connection: PooledConnection, ids: readonly number[], counters: GlobalCounters): void {
  if (connection.isClosed) return;
  counters.comBackendStmtClose += ids.length;
  const bytes = encodeCommands(ids.map((id) => (writer) => writeComStmtClose(writer, id)));
  connection.send(bytes, 0, bytes.length, null);
}

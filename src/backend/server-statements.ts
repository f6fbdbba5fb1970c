import type { SessionState } from './connection-state.js';

/** What a statement is on servers. Whoever may share one there has the same object: it is compared by reference. */
export interface StatementIdentity {
  /** The text and what it was prepared under; statements of equal keys can still be different ones. */
  readonly key: string;
}

/** A statement that a connection has prepared. */
export class PreparedOnServer {
  /** Parameter types that the server remembers from the last execution that bound any; interned, so compared by reference. */
  boundTypes: Buffer | null = null;
  /** Of the session whose character set they were bound in; null: that of who prepared it. Known where nobody shares it. */
  boundUnder: SessionState | null = null;
  /** How many of the executions that may have changed its types it has had; counted where nobody shares it. */
  bindings = 0;
  /** A cursor is open: it must not be closed for another statement's sake. */
  hasCursor = false;
  /** Grows with each use on the connection. */
  lastUse = 0;

  constructor(
    public identity: StatementIdentity,
    readonly id: number,
  ) {}
}

/** The statements that one connection has prepared. */
export class ServerStatements {
  private readonly known = new Map<StatementIdentity, PreparedOnServer>();
  private uses = 0;

  get size(): number {
    return this.known.size;
  }

  identities(): Iterable<StatementIdentity> {
    return this.known.keys();
  }

  get(identity: StatementIdentity): PreparedOnServer | undefined {
    return this.known.get(identity);
  }

  /** It is about to be executed. */
  use(statement: PreparedOnServer): void {
    this.uses += 1;
    statement.lastUse = this.uses;
  }

  add(identity: StatementIdentity, id: number): PreparedOnServer {
    const statement = new PreparedOnServer(identity, id);
    this.known.set(identity, statement);
    this.use(statement);
    return statement;
  }

  /** What the server remembers of it has changed: it is another one from now on. */
  rename(statement: PreparedOnServer, identity: StatementIdentity): void {
    this.known.delete(statement.identity);
    statement.identity = identity;
    this.known.set(identity, statement);
  }

  forget(statement: PreparedOnServer): void {
    this.known.delete(statement.identity);
  }

  /** The one whose last use is longest ago, without a cursor, which is not `needed`; null: there is none. */
  leastUsed(needed: PreparedOnServer | null = null): PreparedOnServer | null {
    let least: PreparedOnServer | null = null;
    for (const statement of this.known.values()) {
      if (statement !== needed && !statement.hasCursor && (least === null || statement.lastUse < least.lastUse)) least = statement;
    }
    return least;
  }

  clear(): void {
    this.known.clear();
  }
}

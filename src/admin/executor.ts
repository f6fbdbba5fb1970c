import SqliteDatabase, { type Database } from 'better-sqlite3';
import type { ConfigStore } from '../config/store/config-store.js';
import { booleanValue } from '../config/variables.js';
import { INFORMATION_SCHEMA, schemaList } from './catalog.js';
import { type AdminCommand, statementOf } from './command.js';
import { adminCommands } from './commands/index.js';
import { describeSql, READ_ONLY, runSql } from './commands/sql.js';
import { SCHEMAS_OF_CLIENTS } from './commands/use.js';
import type { AdminContext, AdminControl, AdminRole, AdminSession } from './context.js';
import { prepareLenient } from './double-quotes.js';
import { addPasswordFunctions } from './password-functions.js';
import type { PreparedAdminStatement } from './prepared-statement.js';
import { AdminError, type AdminReply, ok } from './reply.js';
import type { RuntimeConfig } from './runtime-config.js';
import { SESSION_FUNCTIONS } from './session-values.js';
import { explainSqlError } from './sql-errors.js';
import { addSqlFunctions } from './sql-functions.js';
import { parameterMarks, replaceMarks } from './statement-text.js';
import { virtualTables } from './tables/index.js';
import { fill, type VirtualSchema, type VirtualTable } from './tables/virtual-table.js';
import type { WrittenTable } from './written-tables.js';

/** Asks for what the statement before it left. */
const KEEPS_WARNINGS = /^SHOW (?:COUNT\(\*\) )?(?:WARNINGS|ERRORS)\b/;
/** A header or footer of mysqldump: code for servers of some version, settings all of it. */
const IS_VERSION_COMMENT = /^\s*\/\*[!M]/;
/** What ends admin-read_only must work while it holds. */
const UNLOCKS = /^(?:SET ADMIN-READ_ONLY ?=|LOAD ADMIN VARIABLES (?:TO RUN|FROM MEM)|(?:PROXYSQL|WEIR) READWRITE$)/;

/** What a command is tried with in place of its parameters. */
const PROBES = ['1', "'1'"];

interface FilledTable {
  readonly table: VirtualTable;
  readonly rows: Awaited<ReturnType<VirtualTable['rows']>>;
}

/** Executes statements of the admin port, whatever connection they come from. */
export class AdminExecutor {
  readonly #context: AdminContext;
  /** Whose statement SQLite executes: its functions ask for it. */
  #executing: AdminSession | null = null;
  /** Accounts for statistics have a database of their own: there is no configuration in it to be read. */
  readonly #statsDatabase: Database = new SqliteDatabase(':memory:');

  /** @param historyPath the file of schema stats_history; without it there is none */
  constructor(store: ConfigStore, runtime: RuntimeConfig, control: AdminControl, historyPath: string | null = null) {
    const databaseOf = (role: AdminRole): Database => (role === 'admin' ? store.database : this.#statsDatabase);
    this.#context = { control, store, runtime, databaseOf };
    for (const role of ['admin', 'stats'] as const) {
      const database = databaseOf(role);
      database.exec("ATTACH DATABASE ':memory:' AS stats");
      database.exec("ATTACH DATABASE ':memory:' AS monitor");
      database.exec(`ATTACH DATABASE ':memory:' AS ${INFORMATION_SCHEMA}`);
      addSqlFunctions(database, Object.keys(SESSION_FUNCTIONS), (name) => SESSION_FUNCTIONS[name]!(this.#context, this.#executing!));
      for (const table of virtualTables) if (visibleTo(role, table.schema)) database.exec(table.createSql);
      addPasswordFunctions(database);
      if (historyPath !== null) database.prepare('ATTACH DATABASE ? AS stats_history').run(historyPath);
    }
  }

  /** @throws AdminError whose message goes to the client; other errors are the program's own */
  async execute(sent: string, session: AdminSession, parameters: readonly unknown[] = []): Promise<AdminReply> {
    const { text, upper } = statementOf(sent);
    if (text === '' && IS_VERSION_COMMENT.test(sent)) return ok();
    if (text === '') throw new AdminError('Empty query');
    if (KEEPS_WARNINGS.test(upper)) return this.#execute(text, upper, session, parameters);
    session.warnings = [];
    const reply = await this.#execute(text, upper, session, parameters);
    if (reply.kind === 'ok') session.warnings = reply.warnings;
    return reply;
  }

  /**
   * A statement for later executions, checked as far as it can be without an effect.
   * @throws AdminError for what can not be executed whatever its parameters are
   */
  prepare(sent: string, session: AdminSession): PreparedAdminStatement {
    const statement = statementOf(sent);
    if (statement.text === '') throw new AdminError('Empty query');
    const marks = parameterMarks(sent);
    const found = marks.length === 0 ? findCommand(statement.text, statement.upper) : findCommandWithMarks(sent, marks);
    this.#executing = session;
    if (found === null) return { text: sent, marks, isCommand: false, columns: describeSql(this.#context, statement, session) };
    if (!found.command.roles.includes(session.role)) throw new AdminError('Command not allowed');
    return { text: sent, marks, isCommand: true, columns: [] };
  }

  /** Whether a session of this role may name the schema, in any case. */
  hasSchema(name: string, role: AdminRole): boolean {
    const names = schemaList(this.#context.databaseOf(role)).map((schema) => schema.name);
    return [...names, ...SCHEMAS_OF_CLIENTS].includes(name.toLowerCase());
  }

  async #execute(text: string, upper: string, session: AdminSession, parameters: readonly unknown[]): Promise<AdminReply> {
    const found = findCommand(text, upper);
    if (found === null) {
      const named = namedTables(text, session.role);
      if (named.some((table) => table.name.endsWith('_reset'))) this.#check(text, session.role);
      const filled = await this.#rowsOf(named, session.role);
      // From here on nothing is awaited: another session must not fill the same tables in between.
      const database = this.#context.databaseOf(session.role);
      for (const { table, rows } of filled) {
        if (table.refresh === undefined) fill(database, table, rows);
        else table.refresh(database, this.#context);
      }
      this.#executing = session;
      return runSql(this.#context, { text, upper, session, readOnly: this.#readOnly, parameters, isGenerated });
    }
    if (!found.command.roles.includes(session.role)) throw new AdminError('Command not allowed');
    if (found.command.changes && this.#readOnly && !UNLOCKS.test(upper)) throw new AdminError(READ_ONLY);
    try {
      return await found.command.run(found.match, this.#context, session);
    } catch (error) {
      // A refused configuration, a full disk: the operator wants the reason, whoever found it.
      throw error instanceof AdminError ? error : new AdminError((error as Error).message);
    }
  }

  /** Rows of a virtual table as they are now. */
  async tableRows(name: string): Promise<Awaited<ReturnType<VirtualTable['rows']>>> {
    const table = virtualTables.find((each) => each.name === name);
    return table === undefined ? [] : table.rows(this.#context, 'admin');
  }

  get #readOnly(): boolean {
    return booleanValue(this.#context.runtime.variables, 'admin-read_only');
  }

  close(): void {
    this.#statsDatabase.close();
  }

  /** A statement with a mistake must not take counters away that nobody then sees. */
  #check(text: string, role: AdminRole): void {
    try {
      prepareLenient(this.#context.databaseOf(role), text);
    } catch (error) {
      throw new AdminError(explainSqlError((error as Error).message, text, this.#context.databaseOf(role)));
    }
  }

  #rowsOf(named: readonly VirtualTable[], role: AdminRole): Promise<FilledTable[]> {
    return Promise.all(named.map(async (table) => ({ table, rows: await table.rows(this.#context, role) })));
  }
}

const visibleTo = (role: AdminRole, schema: VirtualSchema): boolean => role === 'admin' || schema !== 'main';

/** Tables that the statement names; a name within a literal costs only time. */
function namedTables(text: string, role: AdminRole): VirtualTable[] {
  const words = new Set(text.toLowerCase().match(/\w+/g));
  // TABLES and COLUMNS are words of many statements.
  const readsCatalog = words.has(INFORMATION_SCHEMA);
  return virtualTables.filter(
    ({ name, schema }) => words.has(name.toLowerCase()) && visibleTo(role, schema) && (readsCatalog || schema !== INFORMATION_SCHEMA),
  );
}

const generatedNames = new Set(virtualTables.map(({ schema, name }) => `${schema}.${name}`));
const isGenerated = ({ schema, name }: WrittenTable): boolean => generatedNames.has(`${schema}.${name}`);

function findCommand(text: string, upper: string): { command: AdminCommand; match: RegExpMatchArray } | null {
  for (const command of adminCommands) {
    const match = (command.matches === 'upper' ? upper : text).match(command.pattern);
    if (match) return { command, match };
  }
  return null;
}

function findCommandWithMarks(sent: string, marks: readonly number[]): ReturnType<typeof findCommand> {
  for (const probe of PROBES) {
    const { text, upper } = statementOf(replaceMarks(sent, marks, () => probe));
    const found = findCommand(text, upper);
    if (found !== null) return found;
  }
  return null;
}

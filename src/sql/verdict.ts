/**
 * What the sql room says of one statement (or of one multi-statement text).
 *
 * A verdict belongs to a digest: it never depends on the value of a literal, so it can be cached by digest.
 * Where a value matters (`KILL 5`, `SET NAMES 'x'`), the verdict has an effect bit that says so and
 * the session looks at the text again, which is rare.
 */

/** What executing the statement may do to, or need of, the session that runs it. A set of bits. */
export const Effect = {
  none: 0,
  /** BEGIN, START TRANSACTION (READ WRITE or nothing said). */
  startsTransaction: 1 << 0,
  /** START TRANSACTION READ ONLY: may run on a reader. */
  startsReadOnlyTransaction: 1 << 1,
  /** COMMIT, ROLLBACK (not ROLLBACK TO). */
  endsTransaction: 1 << 2,
  /** SET of session system variables, in any spelling; SET STATEMENT … FOR is not one (it restores). */
  setsVariables: 1 << 3,
  /** SET NAMES, SET CHARACTER SET, or an assignment of a character_set_* / collation_* variable. */
  setsNames: 1 << 4,
  /** SET TRANSACTION without SESSION or GLOBAL: holds for the next transaction only. */
  setsNextTransaction: 1 << 5,
  /** Assigns a user variable: SET @a, @a :=, SELECT/FETCH … INTO @a, LOAD DATA (@a), EXECUTE … USING is only a read. */
  setsUserVariable: 1 << 6,
  /** Reads a user variable. */
  readsUserVariable: 1 << 7,
  /** CREATE TEMPORARY TABLE. */
  createsTemporaryTable: 1 << 8,
  /** DROP [TEMPORARY] TABLE: one or more temporary tables may be gone. */
  dropsTable: 1 << 9,
  /** LOCK TABLES, FLUSH TABLES … WITH READ LOCK / FOR EXPORT: what UNLOCK TABLES ends. */
  locksTables: 1 << 10,
  /** UNLOCK TABLES and the other ends of the above. */
  unlocksTables: 1 << 11,
  /** GET_LOCK() and service locks. */
  takesUserLock: 1 << 12,
  /** RELEASE_LOCK(), RELEASE_ALL_LOCKS(). */
  releasesUserLock: 1 << 13,
  /** HANDLER … OPEN. */
  opensHandler: 1 << 14,
  /** HANDLER … CLOSE. */
  closesHandler: 1 << 15,
  /** PREPARE / EXECUTE (SQL syntax) and EXECUTE IMMEDIATE. */
  sqlPrepare: 1 << 16,
  /** DEALLOCATE PREPARE, DROP PREPARE. */
  sqlDeallocate: 1 << 17,
  /** XA START … and its family. */
  xa: 1 << 18,
  /** USE db. */
  changesSchema: 1 << 19,
  /** LAST_INSERT_ID() without argument, @@last_insert_id, @@identity. */
  readsLastInsertId: 1 << 20,
  /** LAST_INSERT_ID(expr), SET last_insert_id / insert_id / identity. */
  setsLastInsertId: 1 << 21,
  /** SHOW WARNINGS/ERRORS/COUNT(*) …, GET DIAGNOSTICS, FOUND_ROWS(), ROW_COUNT(), @@warning_count, @@error_count. */
  readsDiagnostics: 1 << 22,
  /** SQL_CALC_FOUND_ROWS. */
  calculatesFoundRows: 1 << 23,
  /** CONNECTION_ID(), @@pseudo_thread_id. */
  readsConnectionId: 1 << 24,
  /** KILL …: the numbers are weir's, so weir executes it. */
  kill: 1 << 25,
  /** May change session state that the text does not show: CALL, unknown or unparsable statements, DELIMITER tricks. */
  unknownState: 1 << 26,
  /** INSERT/UPDATE/DELETE/REPLACE/LOAD and others whose ROW_COUNT() and insert id a later statement may ask for. */
  leavesRowCount: 1 << 27,
  /** More than one statement in the text. */
  multiple: 1 << 28,
  /** SET ROLE, SET PASSWORD, SET DEFAULT ROLE, SET RESOURCE GROUP: session state that no tracker reports. */
  setsIdentity: 1 << 29,
  /** SET GLOBAL / PERSIST / PERSIST_ONLY, GRANT and all else that accounts are changed by: what a session has from its login. */
  changesNewSessions: 1 << 30,
  /** @@character_set_database, @@collation_database, SHOW VARIABLES, LOAD DATA, CREATE and ALTER: a server looks at the schema's when it is chosen, not later. */
  readsSchemaDefaults: 1 << 31,
} as const;
export type Effects = number;

/** SHOW VARIABLES and the tables of it have the last insert id among their rows. */
export const SHOWS_SESSION_VARIABLES: Effects = Effect.readsSchemaDefaults | Effect.readsLastInsertId;

/** What a statement has to do with the definitions of schemas, tables, routines and accounts. */
export const Definitions = {
  none: 0,
  /** SHOW, DESCRIBE, EXPLAIN, or a SELECT from information_schema or mysql. */
  reads: 1,
  /** CREATE, ALTER, DROP, RENAME, TRUNCATE, GRANT and their kind. */
  changes: 2,
} as const;
export type Definitions = (typeof Definitions)[keyof typeof Definitions];

/** What a statement asks of the diagnostics of the one before it, and what it leaves of them. A set of bits. */
export const DiagnosticsUse = {
  none: 0,
  /** FOUND_ROWS() */
  readsFoundRows: 1 << 0,
  /** ROW_COUNT() */
  readsRowCount: 1 << 1,
  /** @@warning_count, @@error_count */
  readsCounts: 1 << 2,
  /** SHOW WARNINGS, SHOW ERRORS */
  showsConditions: 1 << 3,
  /** SHOW COUNT(*) WARNINGS, SHOW COUNT(*) ERRORS */
  showsCount: 1 << 4,
  /** GET DIAGNOSTICS */
  getsDiagnostics: 1 << 5,
  /** What only the connection of the last statement has: @@last_gtid, SHOW PROFILE. */
  readsConnection: 1 << 6,
  /** Names no table: MariaDB leaves the conditions of the statement before it, unless it has its own. */
  keepsConditions: 1 << 7,
  /** FOUND_ROWS() is behind it what only its connection knows. */
  leavesOtherFoundRows: 1 << 8,
  /** UPDATE of one table: on MySQL FOUND_ROWS() are the rows that it found, on MariaDB what they were. */
  updatesTable: 1 << 9,
  /** FOUND_ROWS() is what it was, whatever the result; on one flavour only where the other sets it to something else. */
  keepsFoundRowsOnMysql: 1 << 10,
  keepsFoundRowsOnMariadb: 1 << 11,
  /** Several statements, the last of which may leave the conditions of one before it. */
  hidesConditions: 1 << 12,
} as const;

/** Which lexical rules hold for a text; a set of bits. From the session's sql_mode and character_set_client, and from the servers. */
export const LexMode = {
  standard: 0,
  ansiQuotes: 1,
  noBackslashEscapes: 2,
  /** character_set_client is gbk or gb18030: a two-byte character's second byte may be ` or \. */
  charsetGbk: 4,
  /** character_set_client is sjis or cp932. */
  charsetSjis: 8,
  /** character_set_client is big5. */
  charsetBig5: 16,
  /** Lexical rules that the sql room does not know (MariaDB's MSSQL brackets, an unknown charset): nothing is proven in this mode. */
  unknown: 32,
  /** sql_mode has IGNORE_SPACE: `count (*)` is the built-in function and not a stored one. */
  ignoreSpace: 64,
  /** character_set_client has one byte a character; a byte above 0x7F may be a blank. */
  charsetOneByte: 128,
  /** character_set_client is euckr, gb2312, ujis or eucjpms: the bytes of a character are above 0x40, and no quote or backslash. */
  charsetEuc: 256,
  /** All servers are MySQL: functions that only MySQL has built in are no stored ones. */
  mysql: 512,
  /** With `mysql`: of a version before 8. */
  mysql5: 1024,
  /** All servers are MariaDB. */
  mariadb: 2048,
  /** With `mariadb`: of version 12 or later. */
  mariadb12: 4096,
  /** MariaDB's sql_mode=ORACLE: `SQL%ROWCOUNT` is a function. */
  oracle: 8192,
} as const;
export type LexModes = number;

/** One reason of a verdict and the token that caused it (for EXPLAIN ROUTE and logs). */
export interface VerdictReason {
  /** Stable kebab-case code, e.g. `locking-read`, `dml`, `unknown-function`, `unparsable`, `proven-read`. */
  readonly code: string;
  /** The token (or normalised fragment, at most 80 characters) that caused it; '' where there is none. */
  readonly token: string;
  /** Who said it. */
  readonly by: 'tokenizer' | 'parser';
}

export interface Verdict {
  /** True only where tokenizer and parser (or, where the parser refuses the text, tokens alone) prove that it only reads. */
  readonly readOnly: boolean;
  /** Row of stats_mysql_commands_counters, e.g. SELECT, SELECT_FOR_UPDATE, INSERT, SHOW, UNKNOWN. Of the first statement. */
  readonly command: string;
  readonly effects: Effects;
  /** DiagnosticsUse bits. */
  readonly diagnostics: number;
  /** At least one. */
  readonly reasons: readonly VerdictReason[];
  /** A read whose answer differs by server and belongs to the primary: SHOW REPLICA STATUS, SHOW PROCESSLIST, SHOW BINARY LOGS … */
  readonly primaryOnly: boolean;
  readonly definitions: Definitions;
}

/** What a hint comment asks for; see DESIGN §8 point 2. */
export interface Hint {
  /** `hostgroup=N`. */
  readonly hostgroup?: number;
  /** `weir:writer` / `weir:reader`. */
  readonly target?: 'writer' | 'reader';
}

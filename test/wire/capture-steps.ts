import { Capability, Command } from '../../src/protocol/constants.js';
import { ReplyKind } from '../../src/protocol/reply-tracker.js';

/** One command of the capture script, and what its reply must be found to be. */
export interface CaptureStep {
  readonly name: string;
  readonly kind: ReplyKind;
  readonly payload: Uint8Array;
  /** Only on this flavour. */
  readonly flavour?: 'mariadb' | 'mysql';
  /** Only with this capability. */
  readonly needs?: number;
  /** Remember the statement prepared under this name; put the id of that statement into the payload. */
  readonly prepares?: string;
  readonly statement?: string;
  /** Content of the file that the server asks for. */
  readonly infile?: string;
  readonly expect?: ReplyFacts;
}

export interface ReplyFacts {
  readonly rows?: number;
  readonly resultSets?: number;
  readonly isError?: boolean;
  readonly affectedRows?: number;
  readonly lastInsertId?: number;
  readonly numParams?: number;
  readonly numColumns?: number;
}

export interface CapturedReply {
  readonly variant: string;
  readonly step: string;
  readonly kind: ReplyKind;
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Base64. The second is what came after LOCAL INFILE data. */
  readonly replies: readonly string[];
}

const command = (byte: number, rest: string | Uint8Array = ''): Uint8Array => Buffer.concat([Buffer.of(byte), Buffer.from(rest as string)]);
const query = (text: string, expect?: ReplyFacts): CaptureStep => ({
  name: text.slice(0, 60),
  kind: ReplyKind.query,
  payload: command(Command.query, text),
  ...(expect && { expect }),
});
const prepare = (name: string, text: string, expect?: ReplyFacts): CaptureStep => ({
  name: `PREPARE ${text}`,
  kind: ReplyKind.prepare,
  payload: command(Command.stmtPrepare, text),
  prepares: name,
  ...(expect && { expect }),
});
/** Statement id (filled in later), flags, iterations, and where given null bitmap, bound flag, types and values. */
const execute = (statement: string, flags: number, parameters: readonly number[], expect?: ReplyFacts, label = ''): CaptureStep => ({
  name: `EXECUTE ${statement} ${label}`.trim(),
  kind: ReplyKind.execute,
  payload: command(Command.stmtExecute, Buffer.from([0, 0, 0, 0, flags, 1, 0, 0, 0, ...parameters])),
  statement,
  ...(expect && { expect }),
});
const fetch = (statement: string, rows: number, expect: ReplyFacts): CaptureStep => ({
  name: `FETCH ${statement} ${rows}`,
  kind: ReplyKind.fetch,
  payload: command(Command.stmtFetch, Buffer.from([0, 0, 0, 0, rows, 0, 0, 0])),
  statement,
  expect,
});
const simple = (name: string, payload: Uint8Array, expect?: ReplyFacts): CaptureStep => ({
  name,
  kind: ReplyKind.simple,
  payload,
  ...(expect && { expect }),
});
const oneLong = (value: number): number[] => [0, 1, 3, 0, value, 0, 0, 0];

export const captureSteps: readonly CaptureStep[] = [
  simple('INIT_DB', command(Command.initDb, 'wire'), { isError: false }),
  simple('INIT_DB unknown', command(Command.initDb, 'nowhere'), { isError: true }),
  simple('PING', command(Command.ping), { isError: false }),
  query('DROP TABLE IF EXISTS t'),
  query('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), note TEXT)'),
  query("INSERT INTO t (name) VALUES ('a'), ('b'), (NULL)", { affectedRows: 3, lastInsertId: 1 }),
  query("UPDATE t SET name = 'z' WHERE id > 1", { affectedRows: 2 }),
  query('INSERT INTO t (id) VALUES (70000)', { affectedRows: 1 }),
  query('SELECT * FROM t', { rows: 4, resultSets: 1 }),
  query('SELECT * FROM t WHERE 1 = 0', { rows: 0, resultSets: 1 }),
  query("SELECT REPEAT('x', 300), NULL, REPEAT('y', 700)", { rows: 1 }),
  query("SELECT ''", { rows: 1 }),
  query('DO 0', { isError: false, resultSets: 0 }),
  query('SELEKT 1', { isError: true }),
  query('SELECT 1 UNION ALL SELECT (SELECT 1 UNION SELECT 2)', { isError: true }),
  query('SELECT 1; SELECT 2, 3; DO 1', { rows: 2, resultSets: 2 }),
  query('DO 1; DO 2; SELECT 5', { rows: 1, resultSets: 1 }),
  query('SELECT 1; SELECT broken', { rows: 1, isError: true }),
  query('CALL two()', { rows: 2, resultSets: 2 }),
  query('SET SESSION sql_mode = @@sql_mode, autocommit = 1', { isError: false }),
  query("SET SESSION session_track_system_variables = '*'", { isError: false }),
  query("SET SESSION session_track_transaction_info = 'CHARACTERISTICS'"),
  query('SET SESSION session_track_state_change = 1'),
  query('SET NAMES latin1'),
  query('SET NAMES utf8mb4'),
  query("SET SESSION sort_buffer_size = 300000, time_zone = '+02:00'"),
  query('USE wire'),
  query('BEGIN'),
  query("INSERT INTO t (name) VALUES ('in transaction')", { affectedRows: 1 }),
  query('SELECT COUNT(*) FROM t', { rows: 1 }),
  query('COMMIT'),
  query('SET @a = 1'),
  query('START TRANSACTION READ ONLY; SELECT 1; COMMIT', { rows: 1, resultSets: 1 }),
  query('CREATE TEMPORARY TABLE tt (a INT)'),
  query('DROP TEMPORARY TABLE tt'),
  {
    ...query("LOAD DATA LOCAL INFILE 'some.file' INTO TABLE t FIELDS TERMINATED BY ',' (name, note)", { affectedRows: 2 }),
    infile: 'n1,x\nn2,y\n',
  },
  prepare('nothing', 'DO 1', { numParams: 0, numColumns: 0 }),
  prepare('broken', 'SELEKT ?', { isError: true }),
  prepare('insert', 'INSERT INTO t (name) VALUES (?)', { numParams: 1, numColumns: 0 }),
  prepare('all', 'SELECT id, name FROM t WHERE id < 4', { numParams: 0, numColumns: 2 }),
  prepare('one', 'SELECT id, name, ? AS p FROM t WHERE id < ?', { numParams: 2, numColumns: 3 }),
  prepare('below', 'SELECT id, name FROM t WHERE id < ?', { numParams: 1, numColumns: 2 }),
  prepare('give', 'CALL give(?)', { numParams: 1 }),
  execute('nothing', 0, [], { isError: false }),
  execute('insert', 0, oneLong(5), { affectedRows: 1 }),
  execute('all', 0, [], { rows: 3, resultSets: 1 }),
  execute('all', 0, [], { rows: 3, resultSets: 1 }, 'again'),
  execute('below', 0, oneLong(3), { rows: 2, resultSets: 1 }),
  execute('below', 0, [0, 0, 2, 0, 0, 0], { rows: 1, resultSets: 1 }, 'with the types of before'),
  execute('give', 0, oneLong(0), { isError: false, rows: 2, resultSets: 2 }),
  execute('all', 1, [], { rows: 0, resultSets: 1 }, 'with a cursor'),
  fetch('all', 1, { rows: 1 }),
  fetch('all', 10, { rows: 2 }),
  fetch('insert', 1, { isError: true }),
  { ...simple('STMT_RESET', command(Command.stmtReset, Buffer.alloc(4)), { isError: false }), statement: 'all' },
  {
    name: 'EXECUTE unknown',
    kind: ReplyKind.execute,
    payload: command(Command.stmtExecute, Buffer.from([99, 9, 0, 0, 0, 1, 0, 0, 0])),
    expect: { isError: true },
  },
  { name: 'FIELD_LIST', kind: ReplyKind.fieldList, payload: command(Command.fieldList, 't\0'), expect: { isError: false } },
  { name: 'FIELD_LIST unknown', kind: ReplyKind.fieldList, payload: command(Command.fieldList, 'nowhere\0'), expect: { isError: true } },
  { name: 'STATISTICS', kind: ReplyKind.statistics, payload: command(Command.statistics), expect: { isError: false } },
  { name: 'PROCESS_INFO', kind: ReplyKind.query, payload: command(Command.processInfo), flavour: 'mariadb' },
  simple('SET_OPTION off', command(Command.setOption, Buffer.of(1, 0)), { isError: false }),
  simple('SET_OPTION on', command(Command.setOption, Buffer.of(0, 0)), { isError: false }),
  simple('DEBUG', command(Command.debug)),
  {
    name: 'BULK_EXECUTE',
    kind: ReplyKind.execute,
    flavour: 'mariadb',
    needs: Capability.sessionTrack,
    payload: command(Command.stmtBulkExecute, Buffer.from([0, 0, 0, 0, 0x80, 0, 3, 0, 0, 7, 0, 0, 0, 0, 8, 0, 0, 0])),
    statement: 'insert',
  },
  { ...query("SET resultset_metadata = 'NONE'"), flavour: 'mysql', needs: Capability.optionalResultsetMetadata },
  { ...query('SELECT 1, 2 /* no metadata */', { rows: 1, resultSets: 1 }), flavour: 'mysql', needs: Capability.optionalResultsetMetadata },
  { ...query('SELECT 1 FROM t WHERE 1 = 0 /* no metadata */', { rows: 0 }), flavour: 'mysql', needs: Capability.optionalResultsetMetadata },
  {
    ...prepare('bare', 'SELECT id, name FROM t WHERE id < ? /* no metadata */'),
    flavour: 'mysql',
    needs: Capability.optionalResultsetMetadata,
  },
  { ...execute('bare', 0, oneLong(3), { rows: 2 }), flavour: 'mysql', needs: Capability.optionalResultsetMetadata },
  { ...execute('bare', 1, oneLong(3), { rows: 0 }, 'with a cursor'), flavour: 'mysql', needs: Capability.optionalResultsetMetadata },
  { ...fetch('bare', 5, { rows: 2 }), flavour: 'mysql', needs: Capability.optionalResultsetMetadata },
  simple('RESET_CONNECTION', command(Command.resetConnection), { isError: false }),
];

import { describe, expect, it } from 'vitest';
import { withSessionValues } from '../../../src/sql/session-values.js';
import { LexMode } from '../../../src/sql/verdict.js';

const values = {
  connectionId: 'ID',
  pseudoThreadId: 'PSEUDO',
  foundRows: 'FOUND',
  rowCount: 'ROWS',
  warningCount: 'W',
  errorCount: 'E',
  schema: 'DB',
  sqlRowCount: 'SQLROWS',
};
const written = (text: string): string | null => withSessionValues(Buffer.from(text), LexMode.standard, values)?.toString() ?? null;

describe('values of a session in a text', () => {
  it.each([
    ['SELECT DATABASE(), schema ( ) s, own.database()', 'SELECT DB AS `DATABASE()`, DB s, own.database()'],
    ['SELECT CONNECTION_ID()', 'SELECT ID AS `CONNECTION_ID()`'],
    ['select connection_id /*x*/ ( ) ,1', 'select ID AS `connection_id /*x*/ ( )` ,1'],
    ['SELECT CONNECTION_ID() AS x, CONNECTION_ID() y, CONNECTION_ID() "z"', 'SELECT ID AS x, ID y, ID "z"'],
    ['SELECT CONNECTION_ID() = 5 FROM t', 'SELECT ID = 5 AS `CONNECTION_ID() = 5` FROM t'],
    ['SELECT DISTINCT a + CONNECTION_ID()', 'SELECT DISTINCT a + ID AS `a + CONNECTION_ID()`'],
    ['SELECT a, b FROM t WHERE c = CONNECTION_ID()', 'SELECT a, b FROM t WHERE c = ID'],
    ['SELECT CONNECTION_ID() IS NULL', 'SELECT ID IS NULL AS `CONNECTION_ID() IS NULL`'],
    ['SELECT CASE WHEN CONNECTION_ID() THEN 1 END', 'SELECT CASE WHEN ID THEN 1 END AS `CASE WHEN CONNECTION_ID() THEN 1 END`'],
    ['SELECT CASE WHEN CONNECTION_ID() THEN 1 END e', 'SELECT CASE WHEN ID THEN 1 END e'],
    ["SELECT CONNECTION_ID() COLLATE utf8_bin, 'a' 'b'", "SELECT ID COLLATE utf8_bin AS `CONNECTION_ID() COLLATE utf8_bin`, 'a' 'b'"],
    [
      'SELECT (SELECT CONNECTION_ID() AS `a``b`), (SELECT `x`+CONNECTION_ID())',
      'SELECT (SELECT ID AS `a``b`) AS `(SELECT CONNECTION_ID() AS ``a````b``)`, (SELECT `x`+ID AS ```x``+CONNECTION_ID()`) AS `(SELECT ``x``+CONNECTION_ID())`',
    ],
    ['SELECT CONNECTION_ID() UNION SELECT CONNECTION_ID()', 'SELECT ID AS `CONNECTION_ID()` UNION SELECT ID AS `CONNECTION_ID()`'],
    ['SELECT 1 + /*! CONNECTION_ID() + */ 2', 'SELECT 1 + /*! ID + */ 2 AS `1 +  CONNECTION_ID() +  2`'],
    [
      'SELECT @@pseudo_thread_id, @@Session.pseudo_thread_id',
      'SELECT PSEUDO AS `@@pseudo_thread_id`, PSEUDO AS `@@Session.pseudo_thread_id`',
    ],
    ['SELECT FOUND_ROWS(), row_count() AS r', 'SELECT FOUND AS `FOUND_ROWS()`, ROWS AS r'],
    ['SELECT Sql % RowCount, a % rowcount', 'SELECT SQLROWS AS `Sql % RowCount`, a % rowcount'],
    ['SELECT @@warning_count + @@local.error_count', 'SELECT W + E AS `@@warning_count + @@local.error_count`'],
    ['INSERT INTO t (a, b) VALUES (CONNECTION_ID(), 1)', 'INSERT INTO t (a, b) VALUES (ID, 1)'],
    ['INSERT INTO t VALUES (1) RETURNING CONNECTION_ID()', 'INSERT INTO t VALUES (1) RETURNING ID AS `CONNECTION_ID()`'],
    ['SET @a = CONNECTION_ID(), @@pseudo_thread_id = @@pseudo_thread_id', 'SET @a = ID, @@pseudo_thread_id = PSEUDO'],
    ['DO CONNECTION_ID()', 'DO ID'],
    ['CREATE TABLE t AS SELECT CONNECTION_ID()', 'CREATE TABLE t AS SELECT ID AS `CONNECTION_ID()`'],
    [
      'SELECT ROW_COUNT(); SELECT ROW_COUNT(), CONNECTION_ID()',
      'SELECT ROWS AS `ROW_COUNT()`; SELECT ROW_COUNT(), ID AS `CONNECTION_ID()`',
    ],
    ['SELECT 1; SELECT CONNECTION_ID()', 'SELECT 1; SELECT ID AS `CONNECTION_ID()`'],
    ["SELECT 'CONNECTION_ID()', t.connection_id, connection_id FROM t", null],
    ['SELECT db.CONNECTION_ID()', null],
    ['SELECT @@global.pseudo_thread_id', null],
    ['CREATE VIEW v AS SELECT CONNECTION_ID()', null],
    ['CREATE PROCEDURE p() SELECT CONNECTION_ID()', null],
    ['CREATE PROCEDURE p() IF 1 THEN DO 1; SELECT CONNECTION_ID(); END IF', null],
    ["CREATE DEFINER = 'a'@'%' PROCEDURE p(n INT) a: LOOP DO 1; SELECT CONNECTION_ID(); LEAVE a; END LOOP", null],
    ['CREATE TABLE t (event INT); SELECT CONNECTION_ID()', 'CREATE TABLE t (event INT); SELECT ID AS `CONNECTION_ID()`'],
    ['SELECT CONNECTION_ID(); CREATE PROCEDURE p() DO 1', 'SELECT ID AS `CONNECTION_ID()`; CREATE PROCEDURE p() DO 1'],
    ['CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = CONNECTION_ID()', null],
    ['CREATE TABLE t (a BIGINT DEFAULT (CONNECTION_ID()))', null],
    ['SELECT * FROM information_schema.PROCESSLIST WHERE id = CONNECTION_ID()', null],
    ["SELECT IS_USED_LOCK('a') = CONNECTION_ID()", null],
    ["SELECT 'open", null],
  ])('%s', (text, expected) => {
    expect(written(text)).toBe(expected);
  });
});

import { expect, it } from 'vitest';
import { StatementAnalyzer } from '../../../src/sql/analyzer.js';
import { Definitions } from '../../../src/sql/verdict.js';

const analyzer = new StatementAnalyzer({ maxEntries: 1000, maxDigestLength: 2048, groupingLimit: 3 });

function definitionsOf(text: string): Definitions {
  const bytes = Buffer.from(text);
  return analyzer.analyse(bytes, 0, bytes.length, 0).verdict.definitions;
}

it.each([
  'CREATE TABLE t (a INT)',
  'create or replace view v as select 1',
  'ALTER TABLE t ADD b INT',
  'DROP INDEX i ON t',
  'RENAME TABLE t TO u',
  'TRUNCATE t',
  'CREATE PROCEDURE p() SELECT 1',
  "GRANT SELECT ON app.* TO 'somebody'@'%'",
  'DROP DATABASE IF EXISTS old',
  'SELECT 1; CREATE TABLE t (a INT)',
  'SHOW TABLES; ALTER TABLE t ADD b INT',
])('changes definitions: %s', (text) => expect(definitionsOf(text)).toBe(Definitions.changes));

it.each([
  'SHOW TABLES',
  'SHOW FULL COLUMNS FROM t',
  'SHOW CREATE TABLE t',
  'DESCRIBE t',
  'EXPLAIN SELECT * FROM t',
  'SELECT * FROM information_schema.tables',
  'SELECT t.a FROM t JOIN `information_schema` . columns',
  'SELECT user FROM mysql.user',
  'SELECT 1; SHOW INDEX FROM t',
])('reads definitions: %s', (text) => expect(definitionsOf(text)).toBe(Definitions.reads));

it.each([
  'SELECT * FROM t',
  'INSERT INTO t VALUES (1)',
  'CREATE TEMPORARY TABLE t (a INT)',
  'DROP TEMPORARY TABLE t',
  'SET NAMES utf8mb4',
  'SHOW WARNINGS',
  'BEGIN',
])('neither: %s', (text) => expect(definitionsOf(text)).toBe(Definitions.none));

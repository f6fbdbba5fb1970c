-- What EXECUTE does depends on what was prepared
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
PREPARE make FROM 'CREATE TEMPORARY TABLE own (x INT)'
PREPARE fill FROM 'INSERT INTO t (a) VALUES (?), (?)'
PREPARE mode FROM 'SET sql_mode = ?'
EXECUTE make
EXECUTE make
SELECT COUNT(*) FROM own
DROP TABLE own
EXECUTE make
SET @x = 5, @y = 6, @mode = 'ANSI_QUOTES'
EXECUTE fill USING @x, @y
SELECT ROW_COUNT()
SELECT LAST_INSERT_ID()
EXECUTE mode USING @mode
SELECT "a" FROM t ORDER BY id
SELECT @@sql_mode
PREPARE mode FROM 'SELEC'
EXECUTE mode USING @mode
DEALLOCATE PREPARE mode
PREPARE off FROM 'SET autocommit = 0'
EXECUTE off
INSERT INTO t (a) VALUES (7)
PREPARE undo FROM 'ROLLBACK'
EXECUTE undo
SELECT a FROM t ORDER BY id
SELECT @@autocommit
PREPARE named FROM 'SET NAMES latin1'
EXECUTE named
SELECT @@character_set_client, @@character_set_results
DEALLOCATE PREPARE make
DEALLOCATE PREPARE fill
DROP PREPARE off
DROP PREPARE undo
DROP PREPARE named
EXECUTE make
SELECT COUNT(*) FROM own
SELECT @@autocommit, @@character_set_client, @mode

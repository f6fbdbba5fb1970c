-- SET NAMES within a procedure, variables within a trigger
CREATE PROCEDURE names_in() SET NAMES utf8mb4 COLLATE utf8mb4_bin
CALL names_in()
SELECT @@collation_connection, 'a' = 'A'
2> SELECT 'a' = 'A'
SELECT @@collation_connection
CREATE TABLE t (a INT)
CREATE TRIGGER t_sets BEFORE INSERT ON t FOR EACH ROW SET @@session.group_concat_max_len = 11
2> INSERT INTO t VALUES (1)
SELECT @@group_concat_max_len
2> SELECT @@group_concat_max_len
3> SELECT @@group_concat_max_len = 11
2> SELECT 'x'
SELECT @@group_concat_max_len
2> SELECT @@group_concat_max_len

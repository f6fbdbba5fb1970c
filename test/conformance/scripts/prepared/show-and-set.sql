-- Prepared SHOW, SET, DO, CALL
SHOW VARIABLES LIKE ? <- [["autocommit"]]
SHOW TABLES LIKE ? <- [["none"]]
SET group_concat_max_len = ? <- [[500]]
SELECT @@group_concat_max_len
SET @v = ? <- [["text"]]
SELECT @v
DO SLEEP(?) <- [[0]]
CREATE PROCEDURE p(a INT) SELECT a, a * 2
CALL p(?) <- [[4], [5]]
CREATE PROCEDURE o(OUT x INT) SET x = 5
CALL o(@out)
SELECT @out

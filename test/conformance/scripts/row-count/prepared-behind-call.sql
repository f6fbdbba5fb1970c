-- ROW_COUNT() behind a CALL, read by a statement that was prepared under other settings
COM_CHANGE_USER root conformance
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT)
CREATE PROCEDURE inserting(n INT) INSERT INTO t (a) VALUES (n), (n + 1)
CREATE PROCEDURE selecting() SELECT 1
COM_STMT_PREPARE s SELECT ROW_COUNT()
COM_STMT_PREPARE both SELECT FOUND_ROWS(), ROW_COUNT()
SET sql_mode = 'ANSI_QUOTES'
CALL inserting(1)
COM_STMT_EXECUTE s []
SELECT ROW_COUNT()
SELECT 1 UNION SELECT 2
CALL inserting(3)
COM_STMT_EXECUTE both []
CALL selecting()
COM_STMT_EXECUTE s []
SET group_concat_max_len = 10
CALL inserting(1)
COM_STMT_EXECUTE s []

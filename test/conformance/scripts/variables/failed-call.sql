-- A procedure sets variables and fails
CREATE PROCEDURE sets_and_fails() BEGIN SET SESSION group_concat_max_len = 96; SET SESSION div_precision_increment = 2; SIGNAL SQLSTATE '45000'; END
CALL sets_and_fails()
SHOW WARNINGS
2> SELECT @@group_concat_max_len, 1/3
SELECT @@group_concat_max_len, 1/3
COM_RESET_CONNECTION
SELECT @@group_concat_max_len, 1/3
SET group_concat_max_len = 70
CALL sets_and_fails()
SELECT @@group_concat_max_len

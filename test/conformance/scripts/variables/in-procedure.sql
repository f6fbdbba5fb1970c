-- SET within a procedure lasts for the session
CREATE PROCEDURE change_it() SET SESSION group_concat_max_len = 55
CALL change_it()
SELECT @@group_concat_max_len
2> SELECT @@group_concat_max_len = 55
CREATE PROCEDURE change_mode() SET SESSION div_precision_increment = 2
CALL change_mode()
SELECT 1/3
SELECT @@div_precision_increment

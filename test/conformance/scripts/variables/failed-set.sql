-- After a SET that fails the session is what it was, or what a part of it made of it
SET group_concat_max_len = 32, no_such = 1
SELECT @@group_concat_max_len
SET group_concat_max_len = 64
SET sql_mode = 'NONSENSE'
SHOW WARNINGS
SHOW ERRORS
SELECT @@group_concat_max_len
2> SELECT @@group_concat_max_len
SELECT @@group_concat_max_len
SET NAMES nonsense
SELECT @@character_set_client
SET group_concat_max_len = 128, div_precision_increment = 'x'
2> SELECT @@group_concat_max_len
SELECT @@group_concat_max_len

-- What SET GLOBAL sets is what sessions begin with from then on; those that are there keep what they had
2> SELECT @@group_concat_max_len = 123, @@sql_mode
COM_CHANGE_USER root conformance
SET GLOBAL group_concat_max_len = 123, GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'
SELECT @@group_concat_max_len = 123, @@global.group_concat_max_len, @@sql_mode
SHOW GLOBAL VARIABLES LIKE 'group_concat_max_len'
SELECT "word", '\'' FROM (SELECT 1 AS word) AS t
2> SELECT "word", '\'' FROM (SELECT 1 AS word) AS t
2> SELECT @@group_concat_max_len = 123, @@sql_mode
2> COM_RESET_CONNECTION
2> SELECT @@group_concat_max_len, @@sql_mode
2> SELECT "word", '\' FROM (SELECT 1 AS word) AS t
2> SET SESSION group_concat_max_len = 44
3> SELECT @@group_concat_max_len = 123, @@sql_mode
3> COM_CHANGE_USER app conformance
3> SELECT @@group_concat_max_len, @@sql_mode
3> SELECT "word", '\' FROM (SELECT 1 AS word) AS t
SET @@global.group_concat_max_len := 99
2> SELECT @@group_concat_max_len, @@global.group_concat_max_len
3> SELECT @@group_concat_max_len, @@global.group_concat_max_len
3> SET group_concat_max_len = DEFAULT
3> SELECT @@group_concat_max_len
SELECT @@group_concat_max_len = 123
SET GLOBAL group_concat_max_len = DEFAULT, GLOBAL sql_mode = DEFAULT
2> SELECT @@group_concat_max_len
COM_CHANGE_USER app conformance
2> COM_RESET_CONNECTION
3> COM_RESET_CONNECTION
SELECT @@group_concat_max_len, @@sql_mode
2> SELECT @@group_concat_max_len, @@sql_mode
3> SELECT @@group_concat_max_len, @@sql_mode

-- SET @@name without a scope, alone and beside others
SET @@group_concat_max_len = 105
SELECT @@group_concat_max_len
2> SELECT @@group_concat_max_len
SELECT @@group_concat_max_len
SET @@sql_mode = REPLACE(@@sql_mode, 'STRICT_TRANS_TABLES', ''), group_concat_max_len := 9
2> SELECT @@sql_mode LIKE '%STRICT_TRANS%', @@group_concat_max_len
SELECT @@sql_mode LIKE '%STRICT_TRANS%', @@group_concat_max_len
SET lc_time_names = 'en_US', @@group_concat_max_len := 7
2> SELECT @@group_concat_max_len
SELECT @@group_concat_max_len
SET @@sql_mode = 'ANSI_QUOTES', LOCAL sql_select_limit = 3
2> SELECT "text"
SELECT @@sql_select_limit, "nope"
SET @@character_set_results = latin1, @@collation_connection = utf8mb4_bin
2> SELECT @@character_set_results, 'a' = 'A'
SELECT @@character_set_results, 'a' = 'A'
SET @@sql_mode = DEFAULT, @@sql_safe_updates = DEFAULT
2> SELECT 1
SELECT "text", @@sql_safe_updates
SET @@autocommit = 0
SELECT @@autocommit
2> SELECT @@autocommit
SET @@autocommit = 1
2> SELECT @@autocommit
SELECT @@autocommit

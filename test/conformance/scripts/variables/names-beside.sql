-- SET NAMES beside other assignments
SET sql_mode = 'ANSI_QUOTES', NAMES latin1
SELECT @@character_set_client, @@character_set_results, @@collation_connection, @@sql_mode
2> SELECT @@character_set_client, @@character_set_results, @@collation_connection
2> SET NAMES utf8mb4 COLLATE utf8mb4_bin, group_concat_max_len = 10
SELECT @@collation_connection, 'a' = 'A'
2> SELECT @@collation_connection, 'a' = 'A', @@group_concat_max_len
SET NAMES utf8mb4, character_set_results = NULL
SELECT @@character_set_results, @@character_set_client
2> SELECT @@character_set_results, @@character_set_client
SET character_set_results = latin1, NAMES utf8mb4
SELECT @@character_set_results
2> SELECT @@collation_connection

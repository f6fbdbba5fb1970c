-- Character sets set one by one
SET character_set_results = latin1
SELECT 'ä', HEX('ä')
SET character_set_results = NULL
SELECT 'ä', @@character_set_results
SET character_set_results = utf8mb4
SET collation_connection = utf8mb4_bin
SELECT 'a' = 'A', @@character_set_connection
SET character_set_connection = latin1
SELECT @@collation_connection, HEX('ä')
SET character_set_client = ucs2
SET NAMES utf8mb4

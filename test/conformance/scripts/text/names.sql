-- SET NAMES in every spelling
SET NAMES utf8mb4
SELECT @@character_set_client, @@character_set_connection, @@character_set_results, @@collation_connection
SET NAMES 'latin1'
SELECT @@character_set_client, @@collation_connection
SET NAMES utf8mb4 COLLATE utf8mb4_bin
SELECT @@collation_connection, 'a' = 'A'
SET NAMES "utf8mb4" COLLATE 'utf8mb4_general_ci'
SELECT 'a' = 'A'
SET NAMES DEFAULT
SELECT @@character_set_client
SET NAMES nonsense
SET NAMES utf8mb4 COLLATE latin1_swedish_ci
SELECT @@character_set_client
2> SELECT @@character_set_client, @@collation_connection

-- SET CHARACTER SET takes the collation of the connection from the schema
CREATE DATABASE conformance2 CHARACTER SET latin1 COLLATE latin1_bin
SET CHARACTER SET latin1
SELECT @@character_set_client, @@character_set_results, @@character_set_connection, @@collation_connection
2> SELECT @@character_set_client, @@collation_connection
SET CHARACTER SET 'utf8mb4'
2> SET CHARSET latin1
SELECT @@character_set_client, @@character_set_results, @@collation_connection
2> SELECT @@character_set_client, @@character_set_results, @@collation_connection, 'x'
SET CHARACTER SET DEFAULT
SELECT @@character_set_client, @@character_set_results, @@collation_connection
SET CHAR SET latin1, group_concat_max_len = 20
SELECT @@character_set_client, @@collation_connection, @@group_concat_max_len
2> SELECT @@character_set_client, @@collation_connection
USE conformance2
SET CHARACTER SET utf8mb4
USE conformance
SELECT @@character_set_client, @@collation_connection, 'a' = 'A'
2> SELECT @@collation_connection
SELECT @@character_set_client, @@collation_connection, 'a' = 'A'
DROP DATABASE conformance2

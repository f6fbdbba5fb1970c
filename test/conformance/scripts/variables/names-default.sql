-- SET NAMES DEFAULT, and quoting of charsets
SET NAMES latin1
SET NAMES DEFAULT
SELECT @@character_set_client, @@collation_connection
2> SET NAMES latin1
SELECT @@character_set_client, @@collation_connection
2> SELECT @@character_set_client, @@collation_connection
SET NAMES 'utf8mb4' COLLATE 'utf8mb4_unicode_ci'
2> SET NAMES "latin1"
SELECT @@collation_connection
2> SELECT @@collation_connection
SET names `latin1`
set NAMES /* c */ UTF8MB4 collate UTF8MB4_BIN
SELECT @@collation_connection
2> SELECT @@collation_connection

-- What the name utf8 means is old_mode's to say on MariaDB
SET old_mode = ''
SET NAMES utf8
SELECT @@character_set_client, @@collation_connection, 'a' = 'A'
2> SET NAMES utf8
2> SELECT @@character_set_client, @@collation_connection
SET NAMES utf8 COLLATE utf8_bin
SELECT @@character_set_client, @@collation_connection, 'a' = 'A'
2> SET NAMES utf8 COLLATE utf8_bin
2> SELECT @@character_set_client, @@collation_connection
2> SET old_mode = ''
2> SELECT @@character_set_client, @@collation_connection
SET old_mode = DEFAULT
SELECT @@character_set_client, @@collation_connection
SET CHARACTER SET utf8
SELECT @@character_set_client, @@collation_connection
2> SET CHARACTER SET utf8
2> SELECT @@character_set_client, @@collation_connection

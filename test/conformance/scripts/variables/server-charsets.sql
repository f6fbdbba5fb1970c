-- Character sets of the server and of the schema, by name and by collation
SET character_set_server = utf32
SET collation_server = CONCAT('utf32_', 'swedish_ci')
SELECT @@character_set_server, @@collation_server, @@collation_database
2> SELECT @@character_set_server, @@collation_server, @@collation_database
2> CREATE TABLE t (a CHAR(3))
2> SHOW CREATE TABLE t
SET character_set_server = @@global.character_set_server
SELECT @@character_set_server, @@collation_server, @@collation_database
SET collation_server = @@global.collation_server
SELECT @@character_set_server, @@collation_server, @@collation_database
3> SELECT @@character_set_server, @@collation_server, @@collation_database
3> SET collation_server = utf32_swedish_ci
3> SET character_set_server = utf32
3> SELECT @@character_set_server, @@collation_server
2> SELECT @@character_set_server, @@collation_server, @@collation_database
3> SET character_set_server = DEFAULT
3> SELECT @@character_set_server, @@collation_server
3> SET collation_server = utf32_swedish_ci
3> SET collation_server = DEFAULT
3> SELECT @@character_set_server, @@collation_server
4> SET character_set_database = utf32
4> SELECT @@character_set_database, @@collation_database
2> SELECT @@character_set_database, @@collation_database
4> SET collation_database = utf32_swedish_ci
4> SELECT @@character_set_database, @@collation_database
4> SELECT @@character_set_database, @@collation_database
2> SELECT @@character_set_database, @@collation_database
4> CREATE TABLE u (a CHAR(3))
4> SHOW CREATE TABLE u
2> CREATE TABLE v (a CHAR(3))
2> SHOW CREATE TABLE v

-- A collation that is assigned alone is not that of results
SET NAMES utf8mb4
SELECT CURRENT_USER() LIKE 'app@%', 'x'
SET @@collation_connection = utf8mb4_bin
SELECT @@collation_connection, COLLATION('x'), DATABASE()
SET NAMES DEFAULT
SELECT @@collation_connection, COLLATION('x'), DATABASE()
SET @@collation_connection = utf8mb4_unicode_ci
SELECT @@collation_connection, COLLATION('x'), DATABASE()
SET NAMES latin1
SET @@character_set_connection = utf8mb4
SELECT @@collation_connection, COLLATION('x'), DATABASE()
SET CHARACTER SET utf8mb4
SELECT @@collation_connection, COLLATION('x'), DATABASE()
SET NAMES utf8mb4 COLLATE utf8mb4_bin
SELECT @@collation_connection, COLLATION('x'), DATABASE()

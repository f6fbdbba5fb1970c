-- Character sets, modes and schemas that change between PREPARE and execution
-- text protocol only
CREATE TABLE numbers (id INT, word VARCHAR(20))
INSERT INTO numbers VALUES (1, 'one')
COM_STMT_PREPARE s SELECT "word", word FROM numbers
COM_STMT_PREPARE h SELECT HEX(?), ?
SET CHARACTER SET latin1
SET collation_connection = latin1_german1_ci
2> BEGIN
COM_STMT_EXECUTE s []
COM_STMT_EXECUTE h [null, "x"]
2> COMMIT
SET NAMES utf8mb4
SET character_set_results = NULL
COM_STMT_EXECUTE h [null, "x"]
SET CHARACTER SET utf8mb4
COM_STMT_EXECUTE h [null, "x"]
SET character_set_client = ascii
COM_STMT_EXECUTE s []
SET NAMES DEFAULT
COM_STMT_EXECUTE s []
COM_STMT_EXECUTE h [null, "x"]
SELECT @@character_set_client, @@collation_connection, @@character_set_results
SET NAMES latin1
COM_STMT_EXECUTE s []
COM_STMT_EXECUTE h ["\u00fc", "x"]
SET sql_mode = 'ANSI_QUOTES'
COM_STMT_EXECUTE s []
COM_STMT_PREPARE q SELECT "word" FROM numbers
SET sql_mode = DEFAULT
2> BEGIN
COM_STMT_EXECUTE q []
COM_STMT_PREPARE q2 SELECT "word" FROM numbers
COM_STMT_EXECUTE q2 []
2> COMMIT
CREATE DATABASE conformance2
USE conformance2
COM_STMT_EXECUTE s []
COM_STMT_EXECUTE q []
DROP DATABASE conformance2
COM_STMT_EXECUTE q []
SELECT DATABASE()
USE conformance
SET time_zone = '+05:00'
COM_STMT_PREPARE z SELECT FROM_UNIXTIME(0), @@time_zone
COM_STMT_EXECUTE z []
SET time_zone = '+06:00'
2> BEGIN
COM_STMT_EXECUTE z []
2> COMMIT

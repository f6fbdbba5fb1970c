-- The character set of the schema, read by statements that were prepared in another one
CREATE DATABASE conformance2 CHARACTER SET latin1
COM_STMT_PREPARE s SELECT @@collation_database
COM_STMT_EXECUTE s []
COM_STMT_PREPARE v SHOW VARIABLES LIKE 'collation_database'
USE conformance2
COM_STMT_EXECUTE s []
COM_STMT_EXECUTE v []
SELECT @@collation_database
BEGIN
COM_STMT_EXECUTE s []
COMMIT
USE conformance
COM_STMT_EXECUTE s []
DROP DATABASE conformance2

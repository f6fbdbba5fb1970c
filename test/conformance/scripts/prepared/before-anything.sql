-- A first execution without types, and a statement prepared without a schema
-- text protocol only
COM_STMT_PREPARE s SELECT ?
2> SELECT 1
COM_STMT_EXECUTE s [1]
2> COM_STMT_PREPARE s SELECT ?
2> COM_STMT_EXECUTE s [1] untyped
2> COM_STMT_EXECUTE s [1] untyped
2> COM_STMT_EXECUTE s [1]
COM_CHANGE_USER app
COM_STMT_PREPARE d SELECT DATABASE()
COM_INIT_DB conformance
START TRANSACTION
COM_STMT_EXECUTE d []
COMMIT
COM_STMT_EXECUTE d []

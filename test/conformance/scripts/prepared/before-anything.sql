-- A first execution without types
-- text protocol only
COM_STMT_PREPARE s SELECT ?
2> SELECT 1
COM_STMT_EXECUTE s [1]
2> COM_STMT_PREPARE s SELECT ?
2> COM_STMT_EXECUTE s [1] untyped
2> COM_STMT_EXECUTE s [1] untyped
2> COM_STMT_EXECUTE s [1]
2> COM_STMT_EXECUTE s [2] untyped

-- Executions that end too soon, or that have too much
-- text protocol only
COM_STMT_PREPARE s SELECT ?, ?
COM_STMT_EXECUTE s []
COM_STMT_EXECUTE s [1]
COM_STMT_EXECUTE s [1, 2]
COM_STMT_EXECUTE s []
COM_STMT_EXECUTE s [1, 2] untyped
COM_STMT_EXECUTE s [1, 2, 3]
COM_STMT_PREPARE n SELECT 1
COM_STMT_EXECUTE n [1]
COM_STMT_EXECUTE n []

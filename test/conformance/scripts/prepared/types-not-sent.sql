-- Types that are not sent
-- text protocol only
COM_STMT_PREPARE s SELECT ?, ?
COM_STMT_EXECUTE s [1, "x"]
COM_STMT_EXECUTE s [2, "y"] untyped
COM_STMT_EXECUTE s [null, "z"] untyped
COM_STMT_EXECUTE s [{"double": 1.5}, 7]
COM_STMT_EXECUTE s [{"double": 2.5}, 8] untyped
COM_STMT_RESET s
COM_STMT_EXECUTE s [{"double": 3.5}, 9] untyped
COM_STMT_PREPARE n SELECT ?
COM_STMT_EXECUTE n [1] untyped
COM_STMT_EXECUTE n [1]
COM_STMT_EXECUTE n [1] untyped

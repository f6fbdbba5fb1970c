-- Executions with query attributes
COM_STMT_PREPARE s SELECT ?, ?
COM_STMT_EXECUTE s [1, "x"]
COM_STMT_EXECUTE s [2, "y"] untyped
COM_STMT_EXECUTE s [3, "z"] attribute
2> BEGIN
COM_STMT_EXECUTE s [4, "w"] untyped
2> COMMIT
COM_STMT_EXECUTE s [4, "w"] untyped attribute
3> BEGIN
COM_STMT_EXECUTE s [4, "w"] untyped
COM_STMT_EXECUTE s [null, "w"] attribute
COM_STMT_EXECUTE s [5, "w"] cursor
COM_STMT_FETCH s 5
COM_STMT_PREPARE n SELECT 1
COM_STMT_EXECUTE n [] attribute
COM_STMT_EXECUTE n []
COM_STMT_PREPARE l SELECT LENGTH(?), ?
COM_STMT_SEND_LONG_DATA l 0 abc*1000
COM_STMT_EXECUTE l [{"long": null}, 5] attribute
COM_STMT_EXECUTE l ["abc", 5]

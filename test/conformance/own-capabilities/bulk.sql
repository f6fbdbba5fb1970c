-- COM_STMT_BULK_EXECUTE: types sent and not, indicators, errors, what can not be done in bulk
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT DEFAULT 7, b VARCHAR(20) DEFAULT 'dflt')
COM_STMT_PREPARE s INSERT INTO t (a, b) VALUES (?, ?)
2> BEGIN
COM_STMT_BULK_EXECUTE s [[1, "x"], [2, "y"], [3, null]]
2> COMMIT
COM_STMT_BULK_EXECUTE s [[4, "z"], [{"indicator": "default"}, {"indicator": "default"}]] untyped
COM_STMT_BULK_EXECUTE s [[5, {"indicator": "ignore"}], [null, "n"]]
COM_STMT_EXECUTE s [6, "single"] untyped
COM_STMT_EXECUTE s ["7", "single"]
2> BEGIN
COM_STMT_BULK_EXECUTE s [["8", "z"]] untyped
2> COMMIT
COM_STMT_BULK_EXECUTE s [["9", "other connection"]] untyped
SELECT * FROM t
COM_STMT_BULK_EXECUTE s [["10", "u"], ["11", "v"]] units
COM_STMT_PREPARE u UPDATE t SET a = ? WHERE id = ?
2> BEGIN
COM_STMT_BULK_EXECUTE u [[100, 1], [{"indicator": "ignore"}, 2], [102, 99]]
2> COMMIT
COM_STMT_BULK_EXECUTE u [[100, 1], [101, 2]] untyped
COM_STMT_PREPARE d DELETE FROM t WHERE id = ?
COM_STMT_BULK_EXECUTE d [[1], [2]]
COM_STMT_PREPARE k INSERT INTO t (id) VALUES (?)
2> BEGIN
COM_STMT_BULK_EXECUTE k [[50], [51], [50], [52]]
2> COMMIT
SELECT * FROM t
COM_STMT_PREPARE q SELECT ?
COM_STMT_BULK_EXECUTE q [[1], [2]]
COM_STMT_PREPARE r INSERT INTO t (a) VALUES (?) RETURNING id, a
COM_STMT_BULK_EXECUTE r [[1], [2]]
2> BEGIN
COM_STMT_BULK_EXECUTE nobody [[1]]
2> COMMIT
COM_STMT_PREPARE n INSERT INTO t VALUES ()
COM_STMT_BULK_EXECUTE n [[]]
SELECT COUNT(*) FROM t

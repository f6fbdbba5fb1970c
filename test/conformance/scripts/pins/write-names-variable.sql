-- A write that names a user variable makes it, also when it is only prepared
CREATE TABLE t (a INT)
INSERT INTO t VALUES (1)
COM_STMT_PREPARE w INSERT INTO t VALUES (@a)
2> COM_STMT_PREPARE r SELECT @a, @b
3> COM_STMT_PREPARE r SELECT @a, @b
COM_STMT_PREPARE r SELECT @a, @b
UPDATE t SET a = 2 WHERE a = @b
2> COM_STMT_PREPARE r SELECT @b
3> COM_STMT_PREPARE r SELECT @b
COM_STMT_PREPARE r SELECT @a, @b
SELECT @a, @b, @c
DELETE FROM t WHERE a > @c AND nothing = 1
SELECT @a, @b, @c
2> SELECT @a, @b, @c
COM_RESET_CONNECTION
COM_STMT_PREPARE r SELECT @a, @b

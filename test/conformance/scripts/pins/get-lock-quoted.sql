-- A lock taken in a write, by a quoted name
CREATE TABLE t (a INT, b INT)
INSERT INTO t VALUES (1, `get_lock`('conf quoted', 0))
2> SELECT GET_LOCK('conf quoted', 0)
2> SELECT RELEASE_LOCK('conf quoted')
SELECT IS_USED_LOCK('conf quoted') = CONNECTION_ID()
UPDATE t SET b = `Release_Lock`('conf quoted')
2> SELECT GET_LOCK('conf quoted', 0)
2> SELECT RELEASE_LOCK('conf quoted')
SELECT * FROM t

-- DML with parameters
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (?, ?) <- [[1, "x"], [2, null], [null, "y"], [3, "größe"]]
SELECT LAST_INSERT_ID(), ROW_COUNT()
SELECT * FROM t WHERE id = ? <- [[1], [2], [99], ["3"]]
UPDATE t SET a = a + ? WHERE id <= ? <- [[10, 2], [0, 2], [1, 0]]
SELECT ROW_COUNT()
DELETE FROM t WHERE id = ? <- [[1], [1]]
SELECT COUNT(*) FROM t

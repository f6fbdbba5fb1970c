-- Errors at each step
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
SELEC ? <- [[1]]
SELECT * FROM missing WHERE a = ? <- [[1]]
INSERT INTO t (id) VALUES (?) <- [[1], [1], [2]]
SELECT ? FROM t GROUP BY <- [[1]]
CREATE TABLE t (a INT DEFAULT ?) <- [[1]]
SELECT (SELECT id FROM t LIMIT ?) <- [[1], [5]]

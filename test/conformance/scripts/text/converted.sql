-- Rows are converted to the results character set
CREATE TABLE u (a VARCHAR(20) CHARACTER SET utf8mb4, b VARCHAR(20) CHARACTER SET latin1)
INSERT INTO u VALUES ('größe', 'größe'), ('日本', 'x')
SELECT a, b, HEX(a), HEX(b) FROM u
SET NAMES latin1
SELECT a, b FROM u
2> SELECT a, b FROM u
SET NAMES utf8mb4
SELECT a FROM u WHERE a = '日本'

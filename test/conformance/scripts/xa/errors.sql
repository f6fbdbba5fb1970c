-- XA in the wrong state
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
XA END 'none'
XA PREPARE 'none'
XA COMMIT 'none'
BEGIN
XA START 'inside'
COMMIT
XA START 'c4'
XA START 'c5'
COMMIT
SET autocommit = 0
XA END 'c4'
XA ROLLBACK 'c4'
SET autocommit = 1

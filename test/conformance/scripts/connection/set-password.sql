-- Statements about accounts that fail the same way
SET PASSWORD FOR nobody = 'x'
CREATE USER
GRANT NONSENSE ON *.* TO x
DROP USER nobody_there
SHOW CREATE USER nobody_there
ALTER USER nobody_there IDENTIFIED BY 'x'

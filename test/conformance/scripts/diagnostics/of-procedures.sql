-- What GET DIAGNOSTICS tells of the conditions of a procedure
CREATE PROCEDURE telling() SIGNAL SQLSTATE '77777' SET MYSQL_ERRNO = 1000, MESSAGE_TEXT = 'größe', CLASS_ORIGIN = 'own', TABLE_NAME = 'told'
CALL telling()
GET DIAGNOSTICS CONDITION 1 @number = MYSQL_ERRNO, @text = MESSAGE_TEXT, @state = RETURNED_SQLSTATE, @origin = CLASS_ORIGIN, @name = TABLE_NAME
SELECT @number, @text, @state, @origin, @name
CALL telling()
SHOW WARNINGS
GET DIAGNOSTICS @rows = ROW_COUNT, @count = NUMBER
SELECT @rows, @count

-- Types and their character sets, of statements that go from connection to connection
-- text protocol only
CREATE TABLE words (id INT, word VARCHAR(20) CHARACTER SET utf8mb4)
COM_STMT_PREPARE l SET sql_select_limit = ?
COM_STMT_EXECUTE l [2]
SELECT @@sql_select_limit
2> BEGIN
COM_STMT_EXECUTE l [null]
SELECT @@sql_select_limit
COM_STMT_EXECUTE l [3]
2> COMMIT
SELECT @@sql_select_limit
SET sql_select_limit = DEFAULT
COM_STMT_PREPARE s SELECT ?, ?
COM_STMT_EXECUTE s [-1, "gr\u00f6\u00dfe"]
SET NAMES latin1
COM_STMT_EXECUTE s [2, null]
BEGIN
COM_STMT_EXECUTE s [3, null]
COM_STMT_EXECUTE s [null, "x"]
COM_STMT_EXECUTE s [7, "gr\u00f6\u00dfe"] untyped
COMMIT
COM_STMT_EXECUTE s [7, "gr\u00f6\u00dfe"] untyped
SET NAMES utf8mb4
COM_STMT_EXECUTE s [8, "gr\u00f6\u00dfe"] untyped
BEGIN
COM_STMT_EXECUTE s [8, "gr\u00f6\u00dfe"] untyped
SHOW WARNINGS
COM_STMT_EXECUTE s [null, null] untyped
COMMIT
SELECT @@character_set_client, @@collation_connection
COM_STMT_EXECUTE s [null, null] untyped
COM_STMT_PREPARE h SELECT HEX(?)
COM_STMT_EXECUTE h ["x"]
SET NAMES ascii
BEGIN
COM_STMT_EXECUTE h ["gr\u00f6\u00dfe"] untyped
COM_STMT_EXECUTE h [null] untyped
COMMIT
COM_STMT_EXECUTE h ["gr\u00f6\u00dfe"]
SET NAMES binary
COM_STMT_PREPARE b SELECT ?, ?
COM_STMT_EXECUTE b [7, ""]
BEGIN
COM_STMT_EXECUTE b [2, "back\\slash"] untyped
COMMIT
SET NAMES utf8mb4
BEGIN
COM_STMT_EXECUTE b [2, "gr\u00f6\u00dfe"] untyped
COM_STMT_EXECUTE b [2, "gr\u00f6\u00dfe"]
COMMIT
COM_STMT_PREPARE w INSERT INTO words VALUES (?, ?)
COM_STMT_EXECUTE w [1, "gr\u00f6\u00dfe"]
SET NAMES latin1
2> BEGIN
COM_STMT_EXECUTE w [2, "gr\u00f6\u00dfe"] untyped
2> COMMIT
3> BEGIN
COM_STMT_EXECUTE w [3, "gr\u00f6\u00dfe"] untyped
3> COMMIT
COM_STMT_EXECUTE w [4, "gr\u00f6\u00dfe"]
SET NAMES utf8mb4
2> BEGIN
COM_STMT_EXECUTE w [5, "gr\u00f6\u00dfe"] untyped
2> COMMIT
SELECT id, HEX(word) FROM words ORDER BY id
SELECT @@character_set_client, @@character_set_connection

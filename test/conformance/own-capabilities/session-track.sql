-- what clients that track their session are told
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT)
SET time_zone = '+01:00', sql_mode = 'ANSI_QUOTES'
USE app
USE conformance
SET character_set_results = latin1
SET completion_type = 1
BEGIN
INSERT INTO t (a) VALUES (1)
COMMIT
COMMIT
SET completion_type = 0
COMMIT
BEGIN
COMMIT AND CHAIN
ROLLBACK
START TRANSACTION READ ONLY
BEGIN
COMMIT
SET session_track_transaction_info = 'CHARACTERISTICS', session_track_state_change = ON
BEGIN
SELECT COUNT(*) FROM t
INSERT INTO t (a) VALUES (2)
COMMIT
SET @a = 1
START TRANSACTION READ ONLY
COMMIT

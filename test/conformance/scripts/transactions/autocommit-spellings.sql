-- Spellings of autocommit
SET autocommit = OFF
SELECT @@autocommit
SET SESSION autocommit = ON
SELECT @@autocommit
SET @@autocommit = 0
SELECT @@session.autocommit
SET AUTOCOMMIT := TRUE
SELECT @@autocommit
SET @@session.autocommit = 'OFF'
SELECT @@autocommit
SET LOCAL autocommit = DEFAULT
SELECT @@autocommit
SET autocommit = 2
SET autocommit = NULL
SELECT @@autocommit

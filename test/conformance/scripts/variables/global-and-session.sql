-- SET GLOBAL does not change the session
SELECT @@session.wait_timeout = @@session.wait_timeout
SET @old = @@global.net_write_timeout
SET GLOBAL net_write_timeout = 61
SELECT @@global.net_write_timeout, @@session.net_write_timeout = 61
SET GLOBAL net_write_timeout = @old
SET GLOBAL no_such = 1
SET GLOBAL sql_notes = 7

-- time_zone and functions that depend on it
SET time_zone = '+05:30'
SELECT @@time_zone, FROM_UNIXTIME(86400), UNIX_TIMESTAMP('1970-01-02 05:30:00')
2> SELECT FROM_UNIXTIME(86400) = FROM_UNIXTIME(86400)
SET time_zone = '-03:00'
SELECT FROM_UNIXTIME(0)
CREATE TABLE stamps (s TIMESTAMP NULL, d DATETIME)
INSERT INTO stamps VALUES (FROM_UNIXTIME(1000000), FROM_UNIXTIME(1000000))
SET time_zone = '+00:00'
SELECT * FROM stamps
SET time_zone = 'Nowhere/Nothing'
SELECT @@time_zone

-- State at prepare and at execution differ
SET sql_mode = 'ANSI_QUOTES'
SELECT "x" <- [[]]
SET sql_mode = DEFAULT
SELECT "x" <- [[], []]
SET time_zone = '+01:00'
SELECT FROM_UNIXTIME(?) <- [[0]]
SET time_zone = '+02:00'
SELECT FROM_UNIXTIME(?) <- [[0]]
SET NAMES latin1
SELECT ?, @@character_set_client <- [["x"]]
SET NAMES utf8mb4

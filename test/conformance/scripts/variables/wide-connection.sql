-- Variables of sessions whose literals are in utf16, in which servers find no time zone and no engine
SET time_zone = '+03:00'
SET lc_time_names = 'de_DE'
SET optimizer_switch = 'index_merge=off'
SET default_storage_engine = 'MyISAM'
SET collation_connection = 'utf16_general_ci'
SELECT @@time_zone, @@lc_time_names, @@default_storage_engine, MONTHNAME('2024-05-01')
2> SET time_zone = '-04:00'
2> SELECT @@time_zone, @@collation_connection, @@lc_time_names
SELECT FROM_UNIXTIME(0), HEX('a')
2> SET character_set_connection = utf32
2> SELECT FROM_UNIXTIME(0), HEX('a')
SELECT @@time_zone, @@lc_time_names, @@default_storage_engine
2> SELECT @@time_zone, @@lc_time_names, HEX('b')
3> SELECT @@collation_connection, HEX('c')
SET time_zone = DEFAULT
SELECT HEX('d'), @@lc_time_names
2> SELECT @@time_zone, HEX('e')

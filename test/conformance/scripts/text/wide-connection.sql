-- collations of the connection whose literals are not ASCII
SET collation_connection = ucs2_unicode_ci
SELECT @@default_storage_engine, HEX('a'), COLLATION('a')
SET SESSION default_storage_engine = MyISAM
SELECT @@default_storage_engine
2> SELECT @@default_storage_engine, @@collation_connection
SELECT @@default_storage_engine, HEX('a')
SET SESSION time_zone = '+01:00', SESSION lc_time_names = de_DE, SESSION sql_mode = ANSI
SELECT @@time_zone, @@lc_time_names, @@sql_mode
2> SELECT @@time_zone, @@lc_time_names, @@sql_mode, HEX('a')
SELECT @@time_zone, @@lc_time_names, @@sql_mode, HEX('a')
SET SESSION default_tmp_storage_engine = MEMORY
SET SESSION optimizer_switch = 'mrr=off'
2> SELECT @@default_storage_engine
2> SET NAMES utf8mb4, SESSION default_storage_engine = MEMORY
SELECT @@default_storage_engine, @@optimizer_switch LIKE '%mrr=off%'
SET collation_connection = utf32_general_ci
SELECT @@default_storage_engine, HEX('a'), @@optimizer_switch LIKE '%mrr=off%'
2> SELECT @@default_storage_engine, HEX('a')
SET SESSION default_storage_engine = DEFAULT
SELECT @@default_storage_engine, HEX('a'), @@collation_connection
3> SELECT @@default_storage_engine, HEX('a'), @@collation_connection

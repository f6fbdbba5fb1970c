-- COM_RESET_CONNECTION resets variables
SET group_concat_max_len = 99, sql_mode = 'ANSI_QUOTES', time_zone = '+07:00', @u = 5, NAMES latin1
SELECT @@group_concat_max_len, @u, @@character_set_client
COM_RESET_CONNECTION
SELECT @@group_concat_max_len = @@global.group_concat_max_len, @u, @@time_zone = @@global.time_zone, @@sql_mode = @@global.sql_mode
SELECT @@character_set_client, @@collation_connection
SELECT DATABASE()

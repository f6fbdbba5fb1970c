-- Lists of assignments, half of which fail
SET group_concat_max_len = 64, sort_buffer_size = 65536, @x = 5
SELECT @@group_concat_max_len, @@sort_buffer_size, @x
SET group_concat_max_len = 32, no_such = 1
SELECT @@group_concat_max_len
SET sql_select_limit = 2, sql_mode = 'NONSENSE'
SELECT @@sql_select_limit
SET SESSION group_concat_max_len = 16, @@session.sql_select_limit = 1
SELECT 1 UNION SELECT 2
SET sql_select_limit = DEFAULT
SELECT 1 UNION SELECT 2

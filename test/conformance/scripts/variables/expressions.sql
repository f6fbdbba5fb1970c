-- Values that are expressions
SET group_concat_max_len = 10 * 10 + 4
SELECT @@group_concat_max_len
SET sort_buffer_size = @@global.sort_buffer_size
SELECT @@sort_buffer_size = @@global.sort_buffer_size
SET @n = 77
SET group_concat_max_len = @n
SELECT @@group_concat_max_len
SET group_concat_max_len = (SELECT 99)
SELECT @@group_concat_max_len
SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')
SELECT @@sql_mode LIKE '%ANSI_QUOTES%'
SET sql_mode = REPLACE(@@sql_mode, 'ANSI_QUOTES', '')
SELECT @@sql_mode LIKE '%ANSI_QUOTES%'

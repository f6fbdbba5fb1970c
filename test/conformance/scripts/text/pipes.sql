-- PIPES_AS_CONCAT
SELECT 'a' || 'b', 1 || 0
SET sql_mode = 'PIPES_AS_CONCAT'
SELECT 'a' || 'b', 1 || 0
2> SELECT 'a' || 'b'
SET sql_mode = 'ANSI'
SELECT 'a' || "b"
SELECT 'a' || 'b', @@sql_mode LIKE '%ANSI%'
SET sql_mode = ''
SELECT 'a' || 'b'

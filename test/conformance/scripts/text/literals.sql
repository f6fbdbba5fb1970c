-- Literals of every kind
SELECT x'4A', 0x4A, b'101', 0b101, X'', _utf8mb4'ü', _latin1 x'E4', N'n', DATE '2024-01-01', TIMESTAMP'2024-01-01 00:00:00'
SELECT 'a' 'b' "c", 1.5e3, .5, 1., -0, +1, NULL, \N, TRUE
SELECT 'tab\tnl\nquote\'percent\%under\_nul\0'
SELECT 0xFFFFFFFFFFFFFFFF + 0, 99999999999999999999999, 1e400
SELECT 'unterminated

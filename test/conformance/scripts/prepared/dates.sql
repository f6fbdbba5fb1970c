-- Dates, decimals, blobs in the binary protocol
CREATE TABLE d (a DATETIME(6), b DATE, c TIME(3), d DECIMAL(20,5), e BLOB, f BIT(9), g YEAR, h DOUBLE, i FLOAT, j BIGINT UNSIGNED, k TINYINT, l ENUM('x','y'), m SET('p','q'))
INSERT INTO d VALUES ('2024-01-02 03:04:05.678901', '2024-01-02', '-838:59:58.5', -123.45, x'00FF', b'101010101', 2024, 1.5e100, 1.25, 18446744073709551615, -128, 'y', 'p,q')
INSERT INTO d VALUES ('2024-01-02', '0001-01-01', '00:00:00', 0, '', b'0', 0, -0.0, 0, 0, 0, 'x', '')
INSERT INTO d (a) VALUES (NULL)
SELECT * FROM d <- [[], []]
SELECT a, c, j + 0 FROM d WHERE d < ? <- [[1]]

-- User variables of every kind
SET @a = 1, @b = 2.50, @c = 'text', @d = NULL, @e = x'4142'
SELECT @a, @b, @c, @d, @e
SELECT @a := @a + 1, @a
SELECT @A, @`a`, @'a', @"a"
SET @`odd name` = 'x'
SELECT @`odd name`
2> SELECT @a, @b, @c
SELECT 5, 'y' INTO @f, @g
SELECT @f, @g
SET @a = NULL
SELECT @a, @never

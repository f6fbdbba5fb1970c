-- NO_BACKSLASH_ESCAPES
SELECT 'a\nb', 'c\\d', 'it\'s'
SET sql_mode = 'NO_BACKSLASH_ESCAPES'
SELECT 'a\nb', 'c\\d', 'x\'
SELECT 'it''s'
2> SELECT 'a\nb'
SET sql_mode = DEFAULT
SELECT 'a\nb'

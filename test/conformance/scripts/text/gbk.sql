-- gbk: a second byte may be a backslash
SET NAMES gbk
SELECT HEX('a'), @@character_set_client
SELECT 'plain' AS x, 1
SET NAMES utf8mb4
SELECT 'after'

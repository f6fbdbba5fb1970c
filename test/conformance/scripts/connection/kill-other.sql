-- KILL of another session by its number
KILL $ID2
2> SELECT 1
SELECT 1

-- KILL of another session by its number
-- text protocol only
KILL $ID2
2> SELECT 1
SELECT 1

-- Warnings of executions
SELECT CAST(? AS SIGNED) <- [["abc"]]
SHOW WARNINGS
SELECT CAST(? AS SIGNED) <- [["5"]]
SHOW WARNINGS
SELECT 1 / ? <- [[0]]
SHOW WARNINGS <- [[]]
SELECT @@warning_count <- [[]]

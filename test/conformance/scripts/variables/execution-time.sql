-- max_execution_time, max_statement_time
SET max_execution_time = 50
SET max_statement_time = 0.05
SELECT SLEEP(0.001)
SELECT COUNT(*) FROM information_schema.COLLATIONS a, information_schema.COLLATIONS b, information_schema.COLLATIONS c WHERE a.ID + b.ID + c.ID = -1
2> SELECT 1
SET max_execution_time = 0
SET max_statement_time = 0
SELECT 1

-- SET STATEMENT … FOR (MariaDB), hints (MySQL)
SET STATEMENT group_concat_max_len = 4 FOR SELECT GROUP_CONCAT(x) FROM (SELECT 'abcdef' AS x) AS y
SELECT @@group_concat_max_len > 4
SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR SELECT "x"
SELECT /*+ SET_VAR(group_concat_max_len = 4) */ GROUP_CONCAT(x) FROM (SELECT 'abcdef' AS x) AS y
SELECT "x"
SET STATEMENT nonsense = 1 FOR SELECT 1

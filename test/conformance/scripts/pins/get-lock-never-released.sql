-- A RELEASE_LOCK that is not evaluated releases nothing
SELECT GET_LOCK('kept', 0)
SET sql_select_limit = 0
SELECT RELEASE_LOCK('kept')
2> SELECT RELEASE_LOCK('kept')
2> SELECT RELEASE_LOCK('kept')
SET sql_select_limit = DEFAULT
SELECT RELEASE_LOCK('kept')
SELECT RELEASE_LOCK('kept')
SET sql_select_limit = 0
SELECT GET_LOCK('never', 0)
SET sql_select_limit = DEFAULT
2> SELECT IS_FREE_LOCK('never')

-- Roles of a session, which follow it
COM_CHANGE_USER root conformance
CREATE ROLE conformance_reading, conformance_other
GRANT SELECT ON mysql.* TO conformance_reading
GRANT conformance_reading TO 'app'@'%'
GRANT conformance_other TO 'app'@'%'
2> SELECT CURRENT_ROLE()
2> SET ROLE NONE
2> SELECT CURRENT_ROLE()
2> SET ROLE nobody_has_it
2> SELECT CURRENT_USER() LIKE 'app@%', USER() LIKE 'app@%'
2> SET ROLE conformance_reading
2> SELECT CURRENT_ROLE()
3> SELECT CURRENT_ROLE()
3> SELECT COUNT(*) > 0 FROM mysql.db
2> SELECT COUNT(*) > 0 FROM mysql.db
3> SET ROLE conformance_other
3> SELECT CURRENT_ROLE()
2> SELECT CURRENT_ROLE()
2> SET ROLE nobody_has_it
2> SELECT CURRENT_ROLE()
2> BEGIN
2> SELECT CURRENT_ROLE()
2> SET ROLE conformance_other
2> COMMIT
2> SELECT CURRENT_ROLE()
2> SELECT CURRENT_ROLE() FOR UPDATE
2> SELECT SQL_CALC_FOUND_ROWS 1 UNION SELECT 2 LIMIT 1
2> SET ROLE conformance_reading
2> SELECT ROW_COUNT()
2> SELECT FOUND_ROWS()
2> SET ROLE NONE
2> SHOW WARNINGS
2> SET ROLE conformance_reading
2> SET SESSION group_concat_max_len = 7
2> USE mysql
2> SELECT CURRENT_ROLE(), @@group_concat_max_len, DATABASE()
2> USE conformance
2> COM_RESET_CONNECTION
2> SELECT CURRENT_ROLE(), @@group_concat_max_len = 7
2> SELECT CURRENT_ROLE() FOR UPDATE
3> SELECT CURRENT_ROLE() FOR UPDATE
2> COM_CHANGE_USER app conformance
2> SELECT CURRENT_ROLE()
2> SELECT CURRENT_ROLE() FOR UPDATE
2> PREPARE s FROM 'SET ROLE conformance_other'
2> EXECUTE s
2> DEALLOCATE PREPARE s
2> SELECT CURRENT_ROLE()
3> SELECT CURRENT_ROLE()
2> SET ROLE NONE
3> SET ROLE NONE
2> SELECT COUNT(*) > 0 FROM mysql.db
2> SELECT CURRENT_ROLE()
DROP ROLE conformance_reading, conformance_other

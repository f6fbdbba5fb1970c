-- Variables of MariaDB that set another one, or are a part of it
SET log_queries_not_using_indexes = ON
SELECT @@log_queries_not_using_indexes, @@log_slow_filter
SET log_slow_filter = 'admin,full_join'
SELECT @@log_queries_not_using_indexes, @@log_slow_filter
SET @@log_queries_not_using_indexes = 1
SELECT @@log_queries_not_using_indexes, @@log_slow_filter
SET log_slow_filter = DEFAULT, log_queries_not_using_indexes = 1
SELECT @@log_queries_not_using_indexes, @@log_slow_filter
SET log_slow_admin_statements = OFF
SELECT @@log_slow_admin_statements, @@log_slow_slave_statements, @@log_slow_disabled_statements
SET log_slow_slave_statements = OFF, log_slow_admin_statements = DEFAULT
SELECT @@log_slow_admin_statements, @@log_slow_slave_statements, @@log_slow_disabled_statements
SET log_slow_disabled_statements = DEFAULT
SELECT @@log_slow_admin_statements, @@log_slow_slave_statements, @@log_slow_disabled_statements
SET old = 1
SELECT @@old, @@old_mode
SET old_mode = 'NO_PROGRESS_INFO'
SELECT @@old, @@old_mode
2> SELECT @@old, @@old_mode, @@log_slow_filter, @@log_slow_disabled_statements
SET @@old = 0
SELECT @@old, @@old_mode
SET old_mode = 'NO_PROGRESS_INFO', old = ON
SELECT @@old, @@old_mode
SET old = DEFAULT
SELECT @@old, @@old_mode
2> SELECT @@old, @@old_mode, @@log_slow_filter, @@log_slow_disabled_statements
COM_RESET_CONNECTION
SELECT @@old, @@old_mode, @@log_queries_not_using_indexes, @@log_slow_filter, @@log_slow_disabled_statements

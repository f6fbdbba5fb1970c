-- A variable that a session may set to 0 and to the global value of the moment
COM_CHANGE_USER root conformance
SET SESSION max_delayed_threads = @@global.max_delayed_threads
SELECT @@session.max_delayed_threads
SET GLOBAL max_delayed_threads = 23
SELECT @@session.max_delayed_threads, @@global.max_delayed_threads
SELECT 1
2> SELECT 2
SET SESSION max_delayed_threads = 0
SELECT @@session.max_delayed_threads, @@max_insert_delayed_threads
SET GLOBAL max_delayed_threads = DEFAULT
SELECT @@session.max_delayed_threads

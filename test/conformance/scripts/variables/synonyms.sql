-- two names of one variable: the name set last counts
SET tmp_table_size = 2048, max_delayed_threads = 0
SELECT @@tmp_table_size, @@max_insert_delayed_threads
SET tmp_memory_table_size = 4096
SELECT @@tmp_table_size, @@max_delayed_threads
SET tmp_table_size = 8192
2> SELECT @@tmp_table_size, @@max_delayed_threads
SELECT @@tmp_table_size, @@tmp_memory_table_size
SET max_insert_delayed_threads = DEFAULT
SELECT @@max_delayed_threads
SET long_query_time = 20
SET log_slow_query_time = 30
SET long_query_time = 40
SELECT @@long_query_time
2> SELECT @@long_query_time
SET default_storage_engine = MEMORY
SET storage_engine = MyISAM
SELECT @@default_storage_engine
SET default_storage_engine = InnoDB
SELECT @@default_storage_engine
SET old_alter_table = 1
SET alter_algorithm = INPLACE
SELECT @@old_alter_table
SELECT @@alter_algorithm
SET old_alter_table = DEFAULT
SELECT @@alter_algorithm
2> SELECT @@default_storage_engine, @@tmp_table_size
COM_RESET_CONNECTION
SELECT @@default_storage_engine, @@tmp_table_size, @@max_delayed_threads, @@long_query_time

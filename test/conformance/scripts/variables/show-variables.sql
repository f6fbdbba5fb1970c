-- SHOW VARIABLES shows the session
SET group_concat_max_len = 4321
SHOW VARIABLES LIKE 'group_concat_max_len'
SHOW SESSION VARIABLES LIKE 'group_concat_max_len'
SHOW GLOBAL VARIABLES LIKE 'group_concat_max_len'
2> SHOW VARIABLES LIKE 'group_concat_max_len'
SHOW VARIABLES WHERE Variable_name = 'group_concat_max_len'
SHOW VARIABLES LIKE 'autocommit'

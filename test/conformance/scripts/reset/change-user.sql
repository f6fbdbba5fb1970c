-- COM_CHANGE_USER to the same and to another user
SET @u = 5, group_concat_max_len = 99
COM_CHANGE_USER app conformance
SELECT @u, @@group_concat_max_len = @@global.group_concat_max_len, CURRENT_USER() LIKE 'app@%'
COM_CHANGE_USER root conformance
SELECT CURRENT_USER() LIKE 'root@%', DATABASE()
COM_CHANGE_USER app app
SELECT DATABASE()
COM_CHANGE_USER app
SELECT DATABASE()

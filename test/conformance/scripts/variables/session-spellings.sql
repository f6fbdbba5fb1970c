-- One variable in every spelling of SET
SET group_concat_max_len = 100
SELECT @@group_concat_max_len
SET SESSION group_concat_max_len = 101
SELECT @@session.group_concat_max_len
SET LOCAL group_concat_max_len = 102
SELECT @@local.group_concat_max_len
SET @@group_concat_max_len = 103
SELECT @@group_concat_max_len
SET @@session.group_concat_max_len = 104
SELECT @@group_concat_max_len
SET @@LOCAL.group_concat_max_len := 105
SELECT @@group_concat_max_len
SET group_concat_max_len := 106
SELECT @@group_concat_max_len
SET `group_concat_max_len` = 107
SELECT @@`group_concat_max_len`
SET group_concat_max_len = DEFAULT
SELECT @@group_concat_max_len = @@global.group_concat_max_len

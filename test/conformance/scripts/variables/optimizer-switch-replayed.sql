-- Values with an equals sign, a star or a slash follow the session
SET optimizer_switch = 'index_merge=off,mrr=on'
2> SET optimizer_switch = 'index_merge_union=off'
3> SELECT @@optimizer_switch LIKE '%index_merge=off%'
SELECT @@optimizer_switch LIKE '%index_merge=off%', @@optimizer_switch LIKE '%mrr=on%'
2> SELECT @@optimizer_switch LIKE '%index_merge=off%', @@optimizer_switch LIKE '%index_merge_union=off%'
SET time_zone = '+01:00', lc_time_names = 'de_DE', optimizer_switch = DEFAULT
2> SELECT @@optimizer_switch LIKE '%index_merge_union=off%'
SELECT @@optimizer_switch LIKE '%index_merge=on%', DAYNAME('2024-01-01')

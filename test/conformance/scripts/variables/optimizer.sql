-- optimizer_switch, optimizer_search_depth
SET optimizer_switch = 'index_merge=off'
SELECT @@optimizer_switch LIKE '%index_merge=off%'
2> SELECT @@optimizer_switch LIKE '%index_merge=off%'
SET SESSION optimizer_search_depth = 3, optimizer_prune_level = 0
SELECT @@optimizer_search_depth, @@optimizer_prune_level
SET optimizer_switch = 'nonsense=on'
SET optimizer_switch = DEFAULT
SELECT @@optimizer_switch LIKE '%index_merge=on%'

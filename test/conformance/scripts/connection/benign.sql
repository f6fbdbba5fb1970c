-- Statements that tools send
SELECT @@version_comment LIMIT 1
SHOW ENGINES
SHOW CHARACTER SET LIKE 'latin1'
SHOW COLLATION LIKE 'latin1_bin'
SHOW DATABASES LIKE 'conformance'
SHOW STATUS LIKE 'nothing_like_it'
SHOW PLUGINS LIKE 'x'
SHOW PRIVILEGES LIKE 'x'
SELECT $$
SELECT @@max_allowed_packet > 0, @@license
SHOW CREATE DATABASE nowhere
HELP 'nothing like it'
FLUSH NOTHING

-- Variables that can not be set
SET version = 'x'
SET SESSION version_comment = 'x'
SET SESSION port = 1
SET hostname = 'x'
SET SESSION max_connections = 5
SELECT @@port > 0
SET SESSION read_only = 1

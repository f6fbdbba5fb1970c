-- The schema is dropped by another session
CREATE DATABASE conformance_two
2> USE conformance_two
2> SELECT DATABASE()
DROP DATABASE conformance_two
2> SHOW TABLES
2> USE conformance
2> SELECT DATABASE()

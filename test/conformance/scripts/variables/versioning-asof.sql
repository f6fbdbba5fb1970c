-- MariaDB's moment of system-versioned tables, whose default is no value that a session could set
COM_CHANGE_USER root conformance
4> SET time_zone = '+10:00'
4> SET system_versioning_asof = '2021-01-01 00:00:00'
4> SELECT @@system_versioning_asof
4> SET time_zone = '+03:00'
4> SELECT @@system_versioning_asof
4> SELECT @@system_versioning_asof, 1
4> COM_RESET_CONNECTION
2> SET system_versioning_asof = '2021-01-01 00:00:00'
2> SELECT @@system_versioning_asof
2> SET system_versioning_asof = DEFAULT
2> SELECT @@system_versioning_asof
2> DO 1
2> SELECT 1
2> DO 2
SET GLOBAL system_versioning_asof = '2020-01-01 00:00:00'
SET GLOBAL system_versioning_asof = DEFAULT
3> COM_CHANGE_USER app conformance
3> SELECT @@session.system_versioning_asof, @@global.system_versioning_asof
3> DO 1
2> COM_RESET_CONNECTION
2> SELECT @@session.system_versioning_asof
2> DO 3

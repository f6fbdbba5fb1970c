-- The collation that SET NAMES brings may be set, on MySQL and on newer MariaDB
COM_CHANGE_USER root conformance
SET default_collation_for_utf8mb4 = utf8mb4_general_ci
SET NAMES utf8mb4
SELECT @@collation_connection
2> SET NAMES utf8mb4
2> SELECT @@collation_connection
SET character_set_collations = 'utf8mb4=utf8mb4_bin'
SET NAMES utf8mb4
SELECT @@collation_connection
2> SELECT @@collation_connection

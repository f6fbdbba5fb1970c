-- Functions of another schema, where a server goes to and comes back from
COM_CHANGE_USER root conformance
CREATE DATABASE conformance2
CREATE FUNCTION conformance2.f() RETURNS INT NO SQL RETURN 7
CREATE FUNCTION conformance.g() RETURNS INT NO SQL RETURN 8
SELECT conformance2.f()
SELECT conformance.g()
SELECT g(), `conformance2` . `f` ()
SELECT conformance2.f() FROM (SELECT 1 UNION SELECT 2) AS t
SELECT conformance2.f() FROM (SELECT 1) AS t WHERE 1 = 0
DO conformance2.f()
SET @a = conformance2.f()
SELECT @a
USE conformance2
SELECT f(), conformance.g()
SELECT conformance2.f()
SELECT conformance.g() LIMIT 0
DROP DATABASE conformance2

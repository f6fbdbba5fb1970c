-- foreign_key_checks and unique_checks
CREATE TABLE p (id INT PRIMARY KEY)
CREATE TABLE c (p INT, FOREIGN KEY (p) REFERENCES p (id))
INSERT INTO c VALUES (1)
SET foreign_key_checks = 0
INSERT INTO c VALUES (1)
2> INSERT INTO c VALUES (2)
SELECT @@foreign_key_checks, @@unique_checks
SET foreign_key_checks = ON, unique_checks = OFF
INSERT INTO c VALUES (3)
SELECT @@foreign_key_checks, @@unique_checks

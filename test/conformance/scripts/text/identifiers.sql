-- Names with odd characters
CREATE TABLE `odd ``name` (`a b` INT, `select` INT, `ü` INT)
INSERT INTO `odd ``name` VALUES (1, 2, 3)
SELECT `a b`, `select`, `ü` FROM `odd ``name`
SELECT `odd ``name`.`a b` AS `x y` FROM `odd ``name`
SELECT 1 AS `", '`, 2 AS ''
DROP TABLE `odd ``name`

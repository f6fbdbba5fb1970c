-- default_week_format and div_precision_increment
SET default_week_format = 3, div_precision_increment = 8
SELECT WEEK('2024-12-30'), 1/7
2> SELECT WEEK('2024-12-30'), 1/7
SET default_week_format = DEFAULT
SET div_precision_increment = DEFAULT
SELECT WEEK('2024-12-30'), 1/7

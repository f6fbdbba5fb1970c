-- Language of dates and messages
SET lc_time_names = 'de_DE'
SELECT DATE_FORMAT('2024-03-05', '%W %M')
2> SELECT DATE_FORMAT('2024-03-05', '%W %M')
SET lc_time_names = 'fr_FR'
SELECT MONTHNAME('2024-02-01')
SET lc_messages = 'de_DE'
SELECT * FROM missing
SET lc_messages = 'en_US'
SET lc_time_names = 'nonsense'
SELECT @@lc_time_names

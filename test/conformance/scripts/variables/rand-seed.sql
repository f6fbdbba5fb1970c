-- RAND(seed) and rand_seed1
SELECT RAND(5), RAND(5)
SET rand_seed1 = 12345, rand_seed2 = 67890
SELECT RAND()
SELECT RAND()
2> SELECT RAND(7)
SET rand_seed1 = 12345
SET rand_seed2 = 67890
SELECT RAND()

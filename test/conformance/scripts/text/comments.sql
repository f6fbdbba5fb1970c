-- Comments and hints of every kind
SELECT 1 -- one
SELECT 2 # two
SELECT /* three */ 3
SELECT /*!40000 4 */
SELECT /*!99999 5, */ 5
SELECT 1 /*! + 1 */
SELECT 'a -- b', 'c # d', '/* e */'
SELECT 1--1
SELECT 5 /* unfinished
-- only a comment
/* only */

-- Odd arguments of lock functions
SELECT GET_LOCK('', 0)
SELECT GET_LOCK(NULL, 0)
SELECT RELEASE_LOCK('never')
SELECT RELEASE_ALL_LOCKS()
DO GET_LOCK('conf c', 0)
2> SELECT IS_FREE_LOCK('conf c')
DO RELEASE_LOCK('conf c')
2> SELECT IS_FREE_LOCK('conf c')

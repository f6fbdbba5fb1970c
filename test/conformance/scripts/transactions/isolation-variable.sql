-- The level as a variable
SET transaction_isolation = 'READ-COMMITTED'
SELECT @@transaction_isolation
SET tx_isolation = 'SERIALIZABLE'
SELECT @@tx_isolation
SET SESSION transaction_isolation = 'READ-UNCOMMITTED'
SELECT @@session.transaction_isolation
2> SELECT @@transaction_isolation
SET @@session.transaction_isolation = 'NONSENSE'
SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ
SELECT @@transaction_isolation

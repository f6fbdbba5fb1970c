-- CONNECTION_ID() is the number of the handshake
SELECT CONNECTION_ID() = $ID AS own
SELECT connection_id() = $ID AS own, @@pseudo_thread_id = $ID AS pseudo
2> SELECT CONNECTION_ID() = $ID2 AS own
SELECT CONNECTION_ID() IN (SELECT ID FROM information_schema.PROCESSLIST)
BEGIN
SELECT CONNECTION_ID() = $ID AS own
COMMIT
SELECT CONNECTION_ID() = $ID AS own

-- CONNECTION_ID() and @@pseudo_thread_id behind SET pseudo_thread_id
COM_CHANGE_USER root conformance
SELECT CONNECTION_ID() = $ID AS a, @@pseudo_thread_id = $ID AS b
SET pseudo_thread_id = 77
SELECT CONNECTION_ID(), @@pseudo_thread_id, @@session.pseudo_thread_id
2> SELECT CONNECTION_ID() = $ID2 AS a
SET @@session.pseudo_thread_id = @@pseudo_thread_id + 1
SELECT CONNECTION_ID() + 1, (SELECT @@pseudo_thread_id)
COM_RESET_CONNECTION
SELECT CONNECTION_ID() = $ID AS a, @@pseudo_thread_id = $ID AS b

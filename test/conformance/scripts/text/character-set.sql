-- SET CHARACTER SET and CHARSET
SET CHARACTER SET latin1
SELECT @@character_set_client, @@character_set_results
SET CHARSET utf8mb4
SELECT @@character_set_client, @@character_set_results
SET CHARACTER SET DEFAULT
SELECT @@character_set_client
SET CHARACTER SET nonsense

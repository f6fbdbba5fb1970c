-- Run once by the image, on the primary only; the replicas receive all of it by replication.
CREATE DATABASE app;

CREATE USER 'repl'@'%' IDENTIFIED WITH caching_sha2_password BY 'repl';
GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%';

-- What weir's monitor logs in with: sees read_only and the state of replication, no data.
CREATE USER 'monitor'@'%' IDENTIFIED WITH caching_sha2_password BY 'monitor';
GRANT REPLICATION CLIENT ON *.* TO 'monitor'@'%';

CREATE USER 'app'@'%' IDENTIFIED WITH caching_sha2_password BY 'app';
GRANT ALL PRIVILEGES ON app.* TO 'app'@'%';

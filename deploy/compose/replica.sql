-- Run once by the image, on each replica. Replication starts by itself with the server that follows the set-up.
CHANGE REPLICATION SOURCE TO
  SOURCE_HOST = 'primary',
  SOURCE_PORT = 3306,
  SOURCE_USER = 'repl',
  SOURCE_PASSWORD = 'repl',
  SOURCE_AUTO_POSITION = 1,
  SOURCE_CONNECT_RETRY = 2,
  SOURCE_RETRY_COUNT = 86400,
  GET_SOURCE_PUBLIC_KEY = 1;

-- By read_only weir tells readers from the writer. Not on the command line: the image could not set up its accounts then.
SET PERSIST read_only = ON;
SET PERSIST super_read_only = ON;

/**
 * client: what a client did or asked for; backend: a server's fault; protocol: bytes that the protocol does not allow.
 */
export type ErrorKind = 'client' | 'backend' | 'protocol';

export interface ErrorEntry {
  readonly errno: number;
  /** Five characters. */
  readonly sqlState: string;
  /** Named placeholders in braces. The texts of numbers below 9000 are those of a server: clients and people search for them. */
  readonly text: string;
  readonly kind: ErrorKind;
  /** The same statement may succeed on another server or a moment later; says nothing about whether it may be sent twice. */
  readonly retryable: boolean;
}

const client = <Text extends string>(errno: number, sqlState: string, text: Text) =>
  ({ errno, sqlState, text, kind: 'client', retryable: false }) as const;
const protocol = <Text extends string>(errno: number, sqlState: string, text: Text) =>
  ({ errno, sqlState, text, kind: 'protocol', retryable: false }) as const;
const backend = <Text extends string>(errno: number, sqlState: string, text: Text, retryable = true) =>
  ({ errno, sqlState, text, kind: 'backend', retryable }) as const;

/**
 * Every error that weir itself can answer. Numbers below 9000 mean what they mean on a server (MySQL's error reference,
 * "Server Error Message Reference"); 9001 to 9099 are ProxySQL's; from 9100 on they are weir's own.
 */
export const errorCatalogue = {
  tooManyConnections: { ...client(1040, '08004', 'Too many connections'), retryable: true },
  badHandshake: protocol(1043, '08S01', 'Bad handshake'),
  accessDenied: client(1045, '28000', "Access denied for user '{user}'@'{host}' (using password: {usingPassword})"),
  unknownCommand: client(1047, '08S01', 'Unknown command'),
  unknownSchema: client(1049, '42000', "Unknown database '{schema}'"),
  serverShutdown: { ...client(1053, '08S01', 'Server shutdown in progress'), retryable: true },
  syntaxError: client(1064, '42000', 'You have an error in your SQL syntax; {explanation}'),
  unknownThread: client(1094, 'HY000', 'Unknown thread id: {id}'),
  notOwnerOfThread: client(1095, 'HY000', 'You are not owner of thread {id}'),
  /** The text of a rule's `error_msg`, with the number that ProxySQL gives it. */
  ruleRefused: client(1148, '42000', '{message}'),
  packetTooLarge: client(1153, '08S01', "Got a packet bigger than 'max_allowed_packet' bytes"),
  packetsOutOfOrder: protocol(1156, '08S01', 'Got packets out of order'),
  readError: client(1158, '08S01', 'Got an error reading communication packets'),
  writeError: client(1160, '08S01', 'Got an error writing communication packets'),
  wrongArguments: client(1210, 'HY000', 'Incorrect arguments to {command}'),
  userLimitReached: {
    ...client(1226, '42000', "User '{user}' has exceeded the '{resource}' resource (current value: {limit})"),
    retryable: true,
  },
  unknownStatement: client(1243, 'HY000', 'Unknown prepared statement handler ({id}) given to {command}'),
  longDataTooLong: client(
    1105,
    'HY000',
    "Parameter of prepared statement which is set through mysql_send_long_data() is longer than 'max_allowed_packet' bytes",
  ),
  noOpenCursor: client(1421, 'HY000', 'The statement ({id}) has no open cursor{end}'),
  authProtocolUnsupported: client(
    1251,
    '08004',
    'Client does not support authentication protocol requested by server; consider upgrading MySQL client',
  ),
  hostBlocked: client(
    1129,
    'HY000',
    "Host '{host}' is blocked because of many connection errors; unblock with 'PROXYSQL FLUSH MYSQL CLIENT HOSTS'",
  ),
  accountUnusable: client(1524, 'HY000', "The account '{user}'@'{host}' can not be used through weir"),
  accountLocked: client(3118, 'HY000', "Access denied for user '{user}'@'{host}'. Account is locked."),
  accountLockedMariadb: client(4151, 'HY000', 'Access denied, this account is locked'),
  tooManyPlaceholders: client(1390, 'HY000', 'Prepared statement contains too many placeholders'),
  tooManyStatements: client(1461, '42000', "Can't create more than max_prepared_stmt_count statements (current value: {limit})"),
  malformedPacket: protocol(1835, 'HY000', 'Malformed communication packet.'),
  queryInterrupted: client(1317, '70100', 'Query execution was interrupted'),
  /** ProxySQL's number and text. */
  queryTimeout: client(1907, '70100', 'Query execution was interrupted, query_timeout exceeded'),
  connectionKilled: client(1927, '70100', 'Connection was killed'),
  /** The detail says what is known of the statement: a read after all its retries, or one that may have been executed and is not sent twice. */
  lostConnection: backend(2013, 'HY000', 'Lost connection to MySQL server during query'),
  /** Number and state of a deadlock, which say the same: nothing of the transaction is left, and it may be begun again. */
  transactionLost: backend(
    1213,
    '40001',
    'The open transaction was lost with {server} in hostgroup {hostgroup}; try restarting transaction',
  ),
  localInfileRefused: client(3948, '42000', 'Loading local data is disabled; this must be enabled on both the client and server sides'),
  clientInactive: client(
    4031,
    'HY000',
    'The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.',
  ),
  localInfileDisabled: client(
    4166,
    'HY000',
    'The used command is not allowed because the MariaDB server or client has disabled the local infile capability',
  ),
  /** The detail says what was waited for: the state of every server of the hostgroup. */
  connectTimeoutMax: backend(9001, 'HY000', 'Max connect timeout reached while reaching hostgroup {hostgroup} after {waitedMs}ms'),
  connectFailuresMax: backend(9002, 'HY000', 'Max connect failures while reaching hostgroup {hostgroup}'),
  /** The backend went away and took with it state that can not be rebuilt: temporary tables, locks, user variables. */
  sessionStateLost: backend(9100, 'HY000', 'Lost connection to {server} in hostgroup {hostgroup} and with it {lost}', false),
  backendLoginRefused: backend(9102, 'HY000', "{server} in hostgroup {hostgroup}: no login of user '{user}'", false),
  /** `mysql-client_buffer_max_bytes` and its kind: a bound of one session is reached. */
  sessionLimitReached: client(9104, 'HY000', 'This connection reached its limit {limit} of {value}'),
  /** FOUND_ROWS(), ROW_COUNT(), SHOW WARNINGS: the connection that knew has been used by another session since. */
  diagnosticsLost: client(
    9107,
    'HY000',
    'The diagnostics of the previous statement are gone: ask directly after it, or within a transaction',
  ),
  transactionTooLong: client(9108, 'HY000', 'The transaction was rolled back and its connection ended: {variable} is {limitMs} ms'),
} as const satisfies Record<string, ErrorEntry>;

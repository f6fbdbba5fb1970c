/** Names and numbers of the client/server protocol. Sources: MySQL "Client/Server Protocol" (mysql_com.h, my_command.h), MariaDB "Clientserver Protocol". */

/** Payload length that says: another packet continues this one. */
export const MAX_PACKET = 0xff_ff_ff;
/** Bytes of length and sequence in front of each payload. */
export const PACKET_HEADER_BYTES = 4;
/** Protocol version of the only handshake that is spoken. */
export const PROTOCOL_VERSION = 10;
/** Bytes of the random data that a password is scrambled with. */
export const SCRAMBLE_BYTES = 20;

/** First byte of a command's payload. */
export const Command = {
  sleep: 0x00,
  quit: 0x01,
  initDb: 0x02,
  query: 0x03,
  fieldList: 0x04,
  createDb: 0x05,
  dropDb: 0x06,
  refresh: 0x07,
  shutdown: 0x08,
  statistics: 0x09,
  processInfo: 0x0a,
  connect: 0x0b,
  processKill: 0x0c,
  debug: 0x0d,
  ping: 0x0e,
  time: 0x0f,
  delayedInsert: 0x10,
  changeUser: 0x11,
  binlogDump: 0x12,
  tableDump: 0x13,
  connectOut: 0x14,
  registerSlave: 0x15,
  stmtPrepare: 0x16,
  stmtExecute: 0x17,
  stmtSendLongData: 0x18,
  stmtClose: 0x19,
  stmtReset: 0x1a,
  setOption: 0x1b,
  stmtFetch: 0x1c,
  daemon: 0x1d,
  binlogDumpGtid: 0x1e,
  resetConnection: 0x1f,
  clone: 0x20,
  subscribeGroupReplicationStream: 0x21,
  /** MariaDB only. */
  stmtBulkExecute: 0xfa,
} as const;

const names = new Map<number, string>(
  Object.entries(Command).map(([name, byte]) => [byte, `COM_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`]),
);
/** The manual's name of a command byte: `COM_STMT_PREPARE`; `command 0x7f` for one that does not exist. */
export const commandName = (byte: number): string => names.get(byte) ?? `command 0x${byte.toString(16).padStart(2, '0')}`;

/**
 * Capability flags, 32 bits. JavaScript's bit operators give signed numbers: store a set of flags as `set >>> 0` and test a
 * flag with `(set & flag) !== 0`, which is right for every bit, the highest too.
 */
export const Capability = {
  /** CLIENT_LONG_PASSWORD, which MariaDB calls CLIENT_MYSQL: clear in the handshake of a MariaDB server and in the answer of a MariaDB client. */
  longPassword: 0x0000_0001,
  foundRows: 0x0000_0002,
  longFlag: 0x0000_0004,
  connectWithDb: 0x0000_0008,
  noSchema: 0x0000_0010,
  compress: 0x0000_0020,
  odbc: 0x0000_0040,
  localFiles: 0x0000_0080,
  ignoreSpace: 0x0000_0100,
  protocol41: 0x0000_0200,
  interactive: 0x0000_0400,
  ssl: 0x0000_0800,
  ignoreSigpipe: 0x0000_1000,
  transactions: 0x0000_2000,
  reserved: 0x0000_4000,
  secureConnection: 0x0000_8000,
  multiStatements: 0x0001_0000,
  multiResults: 0x0002_0000,
  psMultiResults: 0x0004_0000,
  pluginAuth: 0x0008_0000,
  connectAttrs: 0x0010_0000,
  pluginAuthLenencClientData: 0x0020_0000,
  canHandleExpiredPasswords: 0x0040_0000,
  sessionTrack: 0x0080_0000,
  deprecateEof: 0x0100_0000,
  optionalResultsetMetadata: 0x0200_0000,
  zstdCompression: 0x0400_0000,
  queryAttributes: 0x0800_0000,
  multiFactorAuthentication: 0x1000_0000,
  /** MySQL: CLIENT_CAPABILITY_EXTENSION; MariaDB before 10.2: CLIENT_PROGRESS_OBSOLETE. */
  capabilityExtension: 0x2000_0000,
  sslVerifyServerCert: 0x4000_0000,
  rememberOptions: 0x8000_0000,
} as const;

/** MariaDB's extended capabilities: bits 32 to 63 of its flags, here as 32 bits of their own. */
export const MariadbCapability = {
  progress: 0x01,
  comMulti: 0x02,
  stmtBulkOperations: 0x04,
  extendedMetadata: 0x08,
  cacheMetadata: 0x10,
  bulkUnitResults: 0x20,
} as const;

/** Whether every bit of `flag` is set. */
export const has = (flags: number, flag: number): boolean => (flags & flag) === (flag | 0);

/** Status flags of OK and EOF packets, 16 bits. */
export const ServerStatus = {
  inTransaction: 0x0001,
  autocommit: 0x0002,
  moreResultsExist: 0x0008,
  noGoodIndexUsed: 0x0010,
  noIndexUsed: 0x0020,
  cursorExists: 0x0040,
  lastRowSent: 0x0080,
  databaseDropped: 0x0100,
  noBackslashEscapes: 0x0200,
  metadataChanged: 0x0400,
  queryWasSlow: 0x0800,
  psOutParams: 0x1000,
  inReadOnlyTransaction: 0x2000,
  sessionStateChanged: 0x4000,
  /** MariaDB: SERVER_STATUS_ANSI_QUOTES. */
  ansiQuotes: 0x8000,
} as const;

/** Flags that tell of one command, and that the next one clears (SERVER_STATUS_CLEAR_SET). */
export const STATUS_OF_ONE_COMMAND =
  ServerStatus.moreResultsExist |
  ServerStatus.noGoodIndexUsed |
  ServerStatus.noIndexUsed |
  ServerStatus.cursorExists |
  ServerStatus.lastRowSent |
  ServerStatus.databaseDropped |
  ServerStatus.metadataChanged |
  ServerStatus.queryWasSlow |
  ServerStatus.psOutParams |
  ServerStatus.sessionStateChanged;

/** Kinds of session-state entries in an OK packet (enum_session_state_type). */
export const SessionTrackType = {
  systemVariables: 0,
  schema: 1,
  stateChange: 2,
  gtids: 3,
  transactionCharacteristics: 4,
  transactionState: 5,
} as const;

/** First byte of a reply's packet, where one exists. */
export const ReplyHeader = { ok: 0x00, authMoreData: 0x01, localInfile: 0xfb, eof: 0xfe, error: 0xff } as const;

/** MariaDB: the errno of an ERR packet that is a progress report and ends nothing. */
export const PROGRESS_REPORT_ERRNO = 0xffff;

/** Column and parameter types (enum_field_types). */
export const FieldType = {
  decimal: 0x00,
  tiny: 0x01,
  short: 0x02,
  long: 0x03,
  float: 0x04,
  double: 0x05,
  null: 0x06,
  timestamp: 0x07,
  longLong: 0x08,
  int24: 0x09,
  date: 0x0a,
  time: 0x0b,
  dateTime: 0x0c,
  year: 0x0d,
  newDate: 0x0e,
  varchar: 0x0f,
  bit: 0x10,
  timestamp2: 0x11,
  dateTime2: 0x12,
  time2: 0x13,
  vector: 0xf2,
  json: 0xf5,
  newDecimal: 0xf6,
  enum: 0xf7,
  set: 0xf8,
  tinyBlob: 0xf9,
  mediumBlob: 0xfa,
  longBlob: 0xfb,
  blob: 0xfc,
  varString: 0xfd,
  string: 0xfe,
  geometry: 0xff,
} as const;

/** Flags of a column definition. */
export const ColumnFlag = { notNull: 1, primaryKey: 2, uniqueKey: 4, blob: 16, unsigned: 32, binary: 128, autoIncrement: 512 } as const;

/** Flags of COM_STMT_EXECUTE (enum_cursor_type). */
export const CursorFlag = { none: 0, readOnly: 1, forUpdate: 2, scrollable: 4, parameterCountAvailable: 8 } as const;

/** Collation ids that weir itself uses. */
export const Collation = { latin1SwedishCi: 8, utf8mb3GeneralCi: 33, utf8mb4GeneralCi: 45, binary: 63, utf8mb40900AiCi: 255 } as const;

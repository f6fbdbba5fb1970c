/** What an ERR packet of a server means for a statement beyond itself. */
export const Answer = {
  /** About the statement: the client's. */
  ordinary: 0,
  /** The server takes no writes: the statement was not executed, and another server may be the writer now. */
  readOnly: 1,
  /** The server ends the connection; how far the statement came is not known. */
  leaving: 2,
  /** The same, said before the server had read the statement. */
  leavingUnread: 3,
  /** Something that the statement names or needs is not there: on a replica, perhaps not yet. */
  missing: 4,
  /** It has as many prepared statements as it may. */
  noRoom: 5,
  /** It names no schema, where the session's could not be chosen. */
  noSchema: 6,
} as const;
export type Answer = (typeof Answer)[keyof typeof Answer];

/** ER_OPTION_PREVENTS_STATEMENT: also of options that say nothing of the server's role. */
const OPTION_PREVENTS = 1290;
const READ_ONLY_OPTION = /--(super-)?read[-_]only/i;
/** ER_READ_ONLY_MODE: innodb_read_only. */
const READ_ONLY_MODE = 1836;

/**
 * Numbers with which servers, and proxies in front of them, end a connection: too many connections, shut down, blocked host,
 * trouble with packets, a client library's lost connection, killed, offline mode, inactive. (MySQL, Server Error Message Reference and
 * Client Error Message Reference; MariaDB, Error Codes.)
 */
const LEAVING: ReadonlySet<number> = new Set([1040, 1053, 1129, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 3032, 3169, 4031]);

/**
 * ER_BAD_DB_ERROR, ER_BAD_FIELD_ERROR, ER_NO_SUCH_TABLE, ER_KEY_DOES_NOT_EXITS, ER_SP_DOES_NOT_EXIST, ER_VIEW_INVALID, ER_UNKNOWN_PARTITION; and of privileges, which
 * a GRANT may have brought: ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR,
 * ER_PROCACCESS_DENIED_ERROR.
 */
const MISSING: ReadonlySet<number> = new Set([1049, 1054, 1146, 1176, 1305, 1356, 1735, 1044, 1142, 1143, 1227, 1370]);
/** ER_DBACCESS_DENIED_ERROR, ER_BAD_DB_ERROR. */
const SCHEMA_GONE: ReadonlySet<number> = new Set([1044, 1049]);
/** ER_NO_DB_ERROR. */
export const NO_SCHEMA = 1046;
/** MariaDB's ER_INVALID_ROLE; MySQL's ER_UNKNOWN_AUTHID, ER_ROLE_NOT_GRANTED. */
const ROLE_MISSING: ReadonlySet<number> = new Set([1959, 3523, 3530]);

export function isRoleMissing(errno: number): boolean {
  return ROLE_MISSING.has(errno);
}

export function isSchemaGone(errno: number): boolean {
  return SCHEMA_GONE.has(errno);
}

export function isMissing(errno: number): boolean {
  return MISSING.has(errno) || ROLE_MISSING.has(errno);
}

/** `unread`: the server sent it before it had read the statement. */
export function answerOf(errno: number, message: string, unread: boolean): Answer {
  if (errno === READ_ONLY_MODE || (errno === OPTION_PREVENTS && READ_ONLY_OPTION.test(message))) return Answer.readOnly;
  if (MISSING.has(errno)) return Answer.missing;
  if (!LEAVING.has(errno)) return Answer.ordinary;
  return unread ? Answer.leavingUnread : Answer.leaving;
}

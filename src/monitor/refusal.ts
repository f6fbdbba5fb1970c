/** To what a living server objects when it does not let the monitor look. */
export type RefusalCause =
  /** User name, password, or the state of the account. */
  | 'account'
  /** A right that the check needs. */
  | 'privilege'
  /** The host that weir runs on. */
  | 'host'
  /** Encryption: it is demanded, not offered, or could not be agreed upon. */
  | 'tls'
  /** The way of logging in. */
  | 'plugin'
  /** There are too many connections. */
  | 'limit'
  /** A variable, table or column that the check names is not there. */
  | 'missing';

export interface Refusal {
  readonly cause: RefusalCause;
  /** Of the server's ERR packet; 0 when the monitor itself found out, as with TLS. */
  readonly errno: number;
  readonly message: string;
}

/** Error numbers of the manuals' lists of server errors, by what they object to. 2059 and 2061 are those of the client library. */
const ERRNOS: Readonly<Record<RefusalCause, readonly number[]>> = {
  // Denied; password must be changed, has expired; account locked (MySQL, MariaDB), locked after too many wrong passwords.
  account: [1045, 1698, 1820, 1862, 3118, 4151, 3955],
  privilege: [1044, 1142, 1143, 1227],
  host: [1129, 1130],
  tls: [3159],
  plugin: [1251, 1275, 1524, 2059, 2061],
  // Of all, of the account, of the account within an hour.
  limit: [1040, 1203, 1226],
  missing: [1049, 1054, 1146, 1193],
};

const CAUSES: ReadonlyMap<number, RefusalCause> = new Map(
  (Object.keys(ERRNOS) as RefusalCause[]).flatMap((cause) => ERRNOS[cause].map((errno) => [errno, cause] as const)),
);

/** What an ERR packet with this number objects to; undefined when it does not say that the server is alive and well. */
export const causeOf = (errno: number): RefusalCause | undefined => CAUSES.get(errno);

/** As it stands in the monitor's tables, behind the server's own words. */
export function refusalText({ cause, errno, message }: Refusal): string {
  return errno === 0 ? `${message} [${cause}]` : `${message} [${cause} ${errno}]`;
}

/** The same objection, whichever check met it: numbers in messages change. */
export const refusalName = ({ cause, errno }: Refusal): string => `${cause} ${errno}`;

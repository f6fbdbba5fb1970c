/** What was counted of one digest since the last time that it was asked for. Times in µs, moments in seconds since the epoch. */
export interface DigestDelta {
  /** -1: weir answered itself. */
  readonly hostgroup: number;
  readonly schemaname: string;
  readonly username: string;
  /** '' unless mysql-query_digests_track_hostname is true. */
  readonly clientAddress: string;
  /** `0x…`. */
  readonly digest: string;
  readonly digestText: string;
  readonly count: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly sumUs: number;
  readonly minUs: number;
  readonly maxUs: number;
  readonly rowsAffected: number;
  readonly rowsSent: number;
}

/** Errors of one kind since the last time that they were asked for; moments in seconds since the epoch. */
export interface ErrorDelta {
  /** -1: no hostgroup was chosen. */
  readonly hostgroup: number;
  /** '' and 0: weir's own. */
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly clientAddress: string;
  readonly schemaname: string;
  readonly errno: number;
  readonly count: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly lastError: string;
}

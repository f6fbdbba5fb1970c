/** The variables that workers need, typed, with the unit in the name. Built from the variable table by the control process. */
export interface DataPlaneVariables {
  readonly maxConnections: number;
  readonly maxAllowedPacketBytes: number;
  readonly connectTimeoutClientMs: number;
  readonly connectTimeoutServerMs: number;
  readonly connectTimeoutServerMaxMs: number;
  readonly connectRetriesOnFailure: number;
  readonly connectRetriesDelayMs: number;
  /** Each worker's share; 1,000,000 is no limit. */
  readonly throttleConnectionsPerSec: number;
  readonly queryRetriesOnFailure: number;
  /** A statement that takes longer is killed; 0: none is. */
  readonly queryTimeoutMs: number;
  readonly killWhenClientIsGone: boolean;
  /** Servers change their hostgroups by themselves. */
  readonly monitorEnabled: boolean;
  readonly waitTimeoutMs: number;
  readonly maxTransactionIdleTimeMs: number;
  readonly maxTransactionTimeMs: number;
  readonly defaultSchema: string;
  readonly readWriteSplit: 'auto' | 'off';
  readonly writerGuard: boolean;
  readonly readerFallbackToWriter: boolean;
  readonly pinnedReadsOnReaders: boolean;
  readonly multiplexing: boolean;
  readonly localInfile: boolean;
  readonly maxStmtsPerConnection: number;
  /** Idle backend connections above this share (percent) of max_connections are closed. */
  readonly freeConnectionsPct: number;
  readonly connectionMaxAgeMs: number;
  readonly pingIntervalServerMs: number;
  readonly pingTimeoutServerMs: number;
  readonly queryDigestsMaxEntries: number;
  /** Bytes of a digest text. */
  readonly queryDigestsMaxDigestLength: number;
  readonly queryDigestsGroupingLimit: number;
  readonly queryDigestsGroupsGroupingLimit: number;
  /** Digests are kept apart by the client's address. */
  readonly queryDigestsTrackHostname: boolean;
  readonly queryDigests: boolean;
  readonly commandsStats: boolean;
  /** A statement that takes longer is a slow one. */
  readonly longQueryTimeUs: number;
  readonly shutdownDrainMs: number;
  /** How long a connection stays with its session after a statement whose ROW_COUNT(), insert id or warnings may be asked for. */
  readonly diagnosticsHoldMs: number;
  /** Bytes queued towards one slow client before its backend is paused. */
  readonly clientBufferMaxBytes: number;
  readonly tcpKeepAliveSec: number;
  readonly tracing: boolean;
  /** Accounts that mysql_users does not have are those of the servers. */
  readonly usersFromBackend: boolean;
  /** Client addresses whose login errors are counted; 0: none. */
  readonly clientHostCacheSize: number;
  /** Errors after which an address is refused; 0: never. */
  readonly clientHostErrorCounts: number;
  readonly serverCaPem: string | null;
  readonly serverCertPem: string | null;
  readonly serverKeyPem: string | null;
}

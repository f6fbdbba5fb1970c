import { SharedPull } from '../link/shared-pull.js';
import type { DetailName, DetailRows } from '../stats/details.js';
import type { DigestDelta, ErrorDelta } from '../stats/digest-delta.js';
import { DigestLedger, ErrorLedger } from '../stats/ledger.js';
import { EMPTY_STATS, mergeStats } from '../stats/merge.js';
import type { ServerStats, StatsSnapshot } from '../stats/snapshot.js';

/** The workers, as statistics need them; `Supervisor` of the link room. */
export interface StatisticsSource {
  collectStats(): Promise<StatsSnapshot[]>;
  collectStatsResettingPeaks(): Promise<StatsSnapshot[]>;
  collectDetails<Name extends DetailName>(what: Name): Promise<DetailRows[Name][]>;
}

/**
 * What all workers have counted. Every answer holds at least what was counted before it was asked for. A reset and the rows that it returns
 * are one: a statement is in those rows or in later ones, never in both or neither.
 */
export class Statistics {
  readonly #source: StatisticsSource;
  readonly #digests: DigestLedger;
  readonly #errors = new ErrorLedger();
  readonly #digestPull: SharedPull<unknown>;
  readonly #errorPull: SharedPull<unknown>;
  readonly #sessionPull: SharedPull<DetailRows['sessions'][]>;
  /** Sums at the last reset of stats_mysql_connection_pool. */
  #serversAtReset = new Map<string, ServerStats>();
  /** Numbers of stats_mysql_prepared_statements_info: the same text keeps its own. */
  #statementIds = new Map<string, number>();
  #lastStatementId = 0;

  /** @param maxDigests mysql-query_digests_max_entries as it runs */
  constructor(source: StatisticsSource, maxDigests: () => number) {
    this.#source = source;
    this.#digests = new DigestLedger(maxDigests);
    this.#digestPull = new SharedPull(() => source.collectDetails('digests'));
    this.#errorPull = new SharedPull(() => source.collectDetails('errors'));
    this.#sessionPull = new SharedPull(() => source.collectDetails('sessions'));
  }

  /** Workers hand over what they counted. */
  addDigests(deltas: readonly DigestDelta[]): void {
    this.#digests.merge(deltas);
  }

  addErrors(deltas: readonly ErrorDelta[]): void {
    this.#errors.merge(deltas);
  }

  /** Takes over what waits in the workers, so that little is lost with one that dies. */
  async pull(): Promise<void> {
    await Promise.all([this.#source.collectStats(), this.#digestPull.get(), this.#errorPull.get()]);
  }

  async snapshot(): Promise<StatsSnapshot> {
    return mergeStats(await this.#source.collectStats());
  }

  async digests(reset: boolean): Promise<DigestDelta[]> {
    await this.#digestPull.get();
    return this.#digests.rows(reset);
  }

  async errors(reset: boolean): Promise<ErrorDelta[]> {
    await this.#errorPull.get();
    return this.#errors.rows(reset);
  }

  /** Digests and errors that no table shows, because there were too many. */
  get forgotten(): { readonly digests: number; readonly errors: number } {
    return { digests: this.#digests.forgotten, errors: this.#errors.forgotten };
  }

  /** Servers with what was counted since the last reset. */
  async servers(reset: boolean): Promise<ServerStats[]> {
    const snapshots = reset ? await this.#source.collectStatsResettingPeaks() : await this.#source.collectStats();
    const { servers } = mergeStats([EMPTY_STATS, ...snapshots]);
    const rows = servers.map((server) => since(server, this.#serversAtReset.get(keyOf(server))));
    if (reset) this.#serversAtReset = new Map(servers.map((server) => [keyOf(server), server]));
    return rows;
  }

  sessions(): Promise<DetailRows['sessions'][]> {
    return this.#sessionPull.get();
  }

  freeConnections(): Promise<DetailRows['free-connections'][]> {
    return this.#source.collectDetails('free-connections');
  }

  memory(): Promise<DetailRows['memory'][]> {
    return this.#source.collectDetails('memory');
  }

  /** One row a text and user over all workers, with its number. */
  async preparedStatements(): Promise<(DetailRows['prepared-statements'] & { readonly id: number })[]> {
    const sums = new Map<string, DetailRows['prepared-statements']>();
    for (const row of await this.#source.collectDetails('prepared-statements')) {
      const key = `${row.username}\0${row.schemaname}\0${row.query}`;
      const sum = sums.get(key);
      sums.set(key, sum === undefined ? row : addReferences(sum, row));
    }
    // Numbers of texts that nobody has prepared any more are not used again.
    const ids = new Map([...sums.keys()].map((key) => [key, this.#statementIds.get(key) ?? ++this.#lastStatementId]));
    this.#statementIds = ids;
    return [...sums].map(([key, row]) => ({ ...row, id: ids.get(key) as number }));
  }
}

const keyOf = ({ hostgroup, hostname, port }: ServerStats): string => `${hostgroup} ${hostname}:${port}`;

function since(now: ServerStats, then: ServerStats | undefined): ServerStats {
  if (then === undefined) return now;
  return {
    ...now,
    connOk: now.connOk - then.connOk,
    connErr: now.connErr - then.connErr,
    queries: now.queries - then.queries,
    bytesSent: now.bytesSent - then.bytesSent,
    bytesReceived: now.bytesReceived - then.bytesReceived,
  };
}

function addReferences(a: DetailRows['prepared-statements'], b: DetailRows['prepared-statements']): DetailRows['prepared-statements'] {
  return {
    ...a,
    clientReferences: a.clientReferences + b.clientReferences,
    serverReferences: a.serverReferences + b.serverReferences,
  };
}

import { type CheckOutcome, outcomeOf } from '../check-result.js';
import type { MonitorConnection } from '../monitor-connection.js';
import type { MonitorConnections } from '../monitor-connections.js';
import { causeOf } from '../refusal.js';
import { APPLIER_SQL, type ApplierRow, exactLags } from './lag-applier.js';
import { type ChannelRow, type ExactLag, type Lag, type LagReading, readingOf } from './lag-channels.js';
import { heartbeatSql } from './lag-heartbeat.js';

/** Looks at one server's lag by the most exact source that it offers. */
export class LagCheck {
  /** Connections that may not read the appliers' times: asked once each, so that rights given later are found. */
  readonly #withoutTimes = new WeakSet<MonitorConnection>();

  constructor(
    private readonly connections: MonitorConnections,
    /** mysql-monitor_replication_lag_use_percona_heartbeat: `schema.table`, or '' for none. */
    private readonly heartbeat: string,
  ) {}

  async run(timeoutMs: number): Promise<CheckOutcome<LagReading>> {
    try {
      return { kind: 'ok', value: await this.connections.run(timeoutMs, (connection) => this.#read(connection)) };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  async #read(connection: MonitorConnection): Promise<LagReading> {
    if (this.heartbeat !== '') return this.#readWithHeartbeat(connection);
    const rows = await readChannels(connection);
    const reading = readingOf(rows);
    return reading.lag.kind === 'behind' ? readingOf(rows, await this.#exactMs(connection)) : reading;
  }

  async #exactMs(connection: MonitorConnection): Promise<ExactLag | undefined> {
    if (this.#withoutTimes.has(connection) || !hasApplierTimes(await connection.version())) return undefined;
    try {
      return exactLags((await connection.query(APPLIER_SQL)) as unknown as ApplierRow[]);
    } catch (error) {
      // 1142: no right; 1146: built or started without performance_schema.
      const { errno } = error as { errno?: number };
      if (errno !== 1142 && errno !== 1146) throw error;
      this.#withoutTimes.add(connection);
      return undefined;
    }
  }

  /** The heartbeat tells how far behind, also without the right to see the threads; where that is there, a stopped one is told. */
  async #readWithHeartbeat(connection: MonitorConnection): Promise<LagReading> {
    const [row] = await connection.query(heartbeatSql(this.heartbeat));
    const ageUs: unknown = row?.['age_us'] ?? null;
    if (ageUs === null) throw new Error(`heartbeat table ${this.heartbeat} has no row with a time in ts`);
    const lag: Lag = { kind: 'behind', ms: Math.max(0, Math.round(Number(ageUs) / 1000)), byTime: true };
    const reading = await readChannels(connection)
      .then((rows) => readingOf(rows))
      .catch((error: { errno?: number }): LagReading => {
        if (causeOf(error.errno ?? 0) !== 'privilege') throw error;
        return { lag, sources: [] };
      });
    return reading.lag.kind === 'behind' || reading.lag.kind === 'connecting' ? { ...reading, lag } : reading;
  }
}

/** MariaDB's statement has all connections, with its names; SHOW REPLICA STATUS came with MySQL 8.0.22, before that it is error 1064. */
async function readChannels(connection: MonitorConnection): Promise<ChannelRow[]> {
  if (isMariadb(await connection.version())) return connection.query('SHOW ALL SLAVES STATUS');
  return connection.query('SHOW REPLICA STATUS').catch((error: { errno?: number }) => {
    if (error.errno !== 1064) throw error;
    return connection.query('SHOW SLAVE STATUS');
  });
}

const isMariadb = (version: string): boolean => /mariadb/i.test(version);

/** The columns with commit times came with MySQL 8.0. */
const hasApplierTimes = (version: string): boolean => !isMariadb(version) && Number.parseInt(version, 10) >= 8;

/** Seconds as the log table shows them; null where there is no number. */
export const lagSeconds = (reading: LagReading): number | null =>
  reading.lag.kind === 'behind' ? Math.floor(reading.lag.ms / 1000) : null;

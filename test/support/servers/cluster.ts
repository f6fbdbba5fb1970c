import type { Connection } from 'mysql2/promise';
import { type Account, createAccount, REPLICATION_ACCOUNT } from './accounts.js';
import type { Progress } from './acquire.js';
import { atLeast, type Flavour } from './flavour.js';
import { type RunningServer, startServer } from './server.js';

export interface ClusterOptions {
  readonly flavour: Flavour;
  /** Default 2. */
  readonly replicas?: number;
  /** The primary's @@server_id; replicas count on from it. Default 1. */
  readonly firstServerId?: number;
  readonly extraArgs?: readonly string[];
  readonly progress?: Progress;
}

/** One primary and its read-only replicas, replicating by GTID. */
export interface Cluster {
  readonly flavour: Flavour;
  readonly primary: RunningServer;
  readonly replicas: readonly RunningServer[];
  /** Primary first. */
  readonly servers: readonly RunningServer[];
  /** Makes an account in the flavour's usual plugin on all servers; `grants` is what stands between GRANT and TO. */
  createUser(account: Account, grants?: readonly string[]): Promise<void>;
  /** Runs statements on the primary as root and waits for the replicas. */
  execute(...statements: readonly string[]): Promise<void>;
  /** Waits until every running replica has applied what the primary has committed by now. @throws after `timeoutMs` (default 20 s) */
  waitInSync(timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the servers side by side and connects the replicas. Two seconds for MariaDB, four for MySQL, on two cores. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const count = 1 + (options.replicas ?? 2);
  const starts = Array.from({ length: count }, (_, index) =>
    startServer({
      flavour: options.flavour,
      serverId: (options.firstServerId ?? 1) + index,
      readOnly: index > 0,
      ...(options.extraArgs === undefined ? {} : { extraArgs: options.extraArgs }),
      ...(options.progress === undefined ? {} : { progress: options.progress }),
    }),
  );
  const results = await Promise.allSettled(starts);
  const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  try {
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    const [primary, ...replicas] = servers as [RunningServer, ...RunningServer[]];
    await Promise.all(replicas.map((replica) => follow(replica, primary)));
    return new RunningCluster(primary, replicas);
  } catch (error) {
    await Promise.all(servers.map((server) => server.stop()));
    throw error;
  }
}

/** Makes `replica` replicate from `primary` by GTID and start doing so. */
export async function follow(replica: RunningServer, primary: RunningServer): Promise<void> {
  await withRoot(replica, async (connection) => {
    for (const statement of followStatements(primary)) await connection.query(statement);
  });
}

function followStatements(primary: RunningServer): string[] {
  const { username, password } = REPLICATION_ACCOUNT;
  if (primary.flavour === 'mysql' && atLeast(primary.version, '8.0.23')) {
    return [
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${primary.port}, SOURCE_USER='${username}', SOURCE_PASSWORD='${password}',
        SOURCE_AUTO_POSITION=1, SOURCE_CONNECT_RETRY=1, SOURCE_RETRY_COUNT=86400, GET_SOURCE_PUBLIC_KEY=1`,
      'START REPLICA',
    ];
  }
  const position = primary.flavour === 'mariadb' ? 'MASTER_USE_GTID=slave_pos' : 'MASTER_AUTO_POSITION=1, GET_MASTER_PUBLIC_KEY=1';
  return [
    `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${primary.port}, MASTER_USER='${username}', MASTER_PASSWORD='${password}',
      MASTER_CONNECT_RETRY=1, ${position}`,
    'START SLAVE',
  ];
}

class RunningCluster implements Cluster {
  constructor(
    readonly primary: RunningServer,
    readonly replicas: readonly RunningServer[],
  ) {}

  get flavour(): Flavour {
    return this.primary.flavour;
  }

  get servers(): readonly RunningServer[] {
    return [this.primary, ...this.replicas];
  }

  createUser(account: Account, grants: readonly string[] = []): Promise<void> {
    return this.execute(createAccount(this.flavour, account), ...grants.map((grant) => `GRANT ${grant} TO '${account.username}'@'%'`));
  }

  async execute(...statements: readonly string[]): Promise<void> {
    await withRoot(this.primary, async (connection) => {
      for (const statement of statements) await connection.query(statement);
    });
    await this.waitInSync();
  }

  async waitInSync(timeoutMs = 20_000): Promise<void> {
    await waitUntilApplied(
      this.primary,
      this.replicas.filter((replica) => replica.running),
      timeoutMs,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}

/** Waits until the replicas have applied what `primary` has committed by now. @throws after `timeoutMs`, with the status of a replica that has not */
export async function waitUntilApplied(primary: RunningServer, replicas: readonly RunningServer[], timeoutMs: number): Promise<void> {
  const position = await withRoot(primary, (connection) => committed(connection, primary.flavour));
  await Promise.all(replicas.map((replica) => reach(replica, position, timeoutMs)));
}

async function committed(connection: Connection, flavour: Flavour): Promise<string> {
  const expression = flavour === 'mariadb' ? '@@gtid_binlog_pos' : '@@global.gtid_executed';
  return String(await firstValue(connection, `SELECT ${expression}`));
}

/** MASTER_GTID_WAIT answers 0 or -1 (MariaDB), WAIT_FOR_EXECUTED_GTID_SET 0 or 1 (MySQL). */
async function reach(replica: RunningServer, position: string, timeoutMs: number): Promise<void> {
  const name = replica.flavour === 'mariadb' ? 'MASTER_GTID_WAIT' : 'WAIT_FOR_EXECUTED_GTID_SET';
  await withRoot(replica, async (connection) => {
    const outcome = await firstValue(connection, `SELECT ${name}('${position}', ${timeoutMs / 1000})`);
    if (Number(outcome) === 0) return;
    const status = replica.flavour === 'mysql' && atLeast(replica.version, '8.0.22') ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS';
    const [rows] = await connection.query(status);
    throw new Error(`replica ${replica.serverId} has not reached ${position} in ${timeoutMs} ms: ${JSON.stringify(rows, null, 1)}`);
  });
}

async function firstValue(connection: Connection, sql: string): Promise<unknown> {
  const [rows] = await connection.query<import('mysql2').RowDataPacket[]>({ sql, rowsAsArray: true });
  return rows[0]?.[0];
}

/** Runs `work` with a root connection that is closed afterwards, whatever happens. */
export async function withRoot<Result>(server: RunningServer, work: (connection: Connection) => Promise<Result>): Promise<Result> {
  const connection = await server.connect();
  try {
    return await work(connection);
  } finally {
    connection.destroy();
  }
}

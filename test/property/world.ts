import type { Connection, RowDataPacket } from 'mysql2/promise';
import { type Account, APP, ROOT } from '../support/servers/accounts.js';
import { type Cluster, type Flavour, type RunningServer, startCluster, startServer } from '../support/servers/index.js';
import { rowsOf, until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { SESSIONS, schemaOf, setUpStatements, worldStatements } from './schemas.js';

/** Another account for COM_CHANGE_USER. */
export const OTHER: Account = { username: 'other', password: 'other' };
export const ACCOUNTS = [APP, OTHER] as const;

const CONNECTIONS_PER_SERVER = 2;

/** A weir in front of a primary and two replicas, and the plain server of the twins. */
export class World {
  #syncConnections: Connection[] = [];

  private constructor(
    readonly flavour: Flavour,
    readonly cluster: Cluster,
    readonly twin: RunningServer,
    readonly weir: RunningWeir,
    readonly primaryRoot: Connection,
    readonly twinRoot: Connection,
  ) {}

  /** `waitMs`: how long weir waits for a connection until it gives up. */
  static async start(flavour: Flavour, waitMs = 4000): Promise<World> {
    const [cluster, twin] = await Promise.all([startCluster({ flavour }), startServer({ flavour })]);
    const [primaryRoot, twinRoot] = await Promise.all(
      [cluster.primary, twin].map((server) => server.connect({ multipleStatements: true })),
    );
    for (const sql of worldStatements(flavour, OTHER)) {
      await primaryRoot!.query(sql);
      await twinRoot!.query(sql);
    }
    await cluster.waitInSync();
    const weir = await startWeir({
      servers: cluster.servers.map(({ host, port }, index) => ({
        address: host,
        port,
        hostgroup: index === 0 ? 0 : 1,
        more: { max_connections: CONNECTIONS_PER_SERVER },
      })),
      users: [APP, OTHER, ROOT].map((account) => ({ ...account, hostgroup: 0 })),
      mysqlVariables: { threads: 1, show_processlist_extended: 1, connect_timeout_server_max: waitMs },
    });
    const world = new World(flavour, cluster, twin, weir, primaryRoot!, twinRoot!);
    world.#syncConnections = await Promise.all(cluster.replicas.map((replica) => replica.connect()));
    return world;
  }

  /** The schemas of the sessions as they are at the start of a history. */
  async refresh(sessions: readonly number[] = Array.from({ length: SESSIONS }, (_, session) => session)): Promise<void> {
    const sql = sessions.flatMap((session) => setUpStatements(schemaOf(session))).join(';');
    await Promise.all(
      [this.primaryRoot, this.twinRoot].map(async (root) => {
        await until('XA transactions that were left are rolled back', () => rollBackXa(root));
        await root.query(sql);
      }),
    );
    await this.sync();
  }

  /** Waits until the replicas have what the primary has committed. */
  async sync(): Promise<void> {
    const [position, wait] =
      this.flavour === 'mariadb' ? ['@@gtid_binlog_pos', 'MASTER_GTID_WAIT'] : ['@@global.gtid_executed', 'WAIT_FOR_EXECUTED_GTID_SET'];
    const [rows] = await this.primaryRoot.query<RowDataPacket[]>(`SELECT ${position} AS position`);
    const target = String(rows[0]!['position']);
    await Promise.all(
      this.#syncConnections.map(async (connection) => {
        const [answer] = await connection.query<RowDataPacket[]>(`SELECT ${wait}('${target}', 20) AS outcome`);
        if (Number(answer[0]!['outcome']) !== 0) throw new Error(`a replica has not reached ${target} in 20 s`);
      }),
    );
  }

  /** Which sessions keep a server connection for themselves, and why: one text each. */
  async holders(): Promise<string[]> {
    const admin = await this.weir.connectAdmin();
    try {
      const [rows] = await admin.query<RowDataPacket[]>('SELECT db, hostgroup, extended_info FROM stats_mysql_processlist');
      return rows.flatMap(({ db, extended_info }) => {
        const { pins, in_transaction, autocommit, backends } = JSON.parse(String(extended_info)) as Record<string, unknown>;
        const reasons = JSON.stringify({ pins, in_transaction, autocommit });
        return Array.isArray(backends) && backends.length > 0 ? [`${db} at ${JSON.stringify(backends)}: ${reasons}`] : [];
      });
    } finally {
      admin.destroy();
    }
  }

  async stop(): Promise<void> {
    for (const connection of [this.primaryRoot, this.twinRoot, ...this.#syncConnections]) connection.destroy();
    await this.weir.kill();
    await Promise.all([this.cluster.stop(), this.twin.stop()]);
  }
}

/** What a history has prepared and left holds locks; it can be ended once its session has. @returns whether there was none */
async function rollBackXa(root: Connection): Promise<boolean> {
  const left = await rowsOf(root, 'XA RECOVER');
  for (const { data, gtrid_length, formatID } of left) {
    const [id, branch] = [String(data).slice(0, gtrid_length), String(data).slice(gtrid_length)];
    await root.query(`XA ROLLBACK '${id}','${branch}',${formatID}`);
  }
  return left.length === 0;
}

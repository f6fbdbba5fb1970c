import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Cluster } from '../support/servers/cluster.js';

const TIMEOUT_SEC = 20;

/** Waits, on connections of its own, until the replicas have what the primary has committed: cheap enough to be asked after every statement. */
export class ReplicasInSync {
  #position = '';

  private constructor(
    private readonly cluster: Cluster,
    private readonly primary: Connection,
    private readonly replicas: readonly Connection[],
  ) {}

  static async open(cluster: Cluster): Promise<ReplicasInSync> {
    const replicas = await Promise.all(cluster.replicas.map((replica) => replica.connect()));
    return new ReplicasInSync(cluster, await cluster.primary.connect(), replicas);
  }

  /** @throws after 20 s, naming the position that was not reached */
  readonly wait = async (): Promise<void> => {
    const isMariadb = this.cluster.flavour === 'mariadb';
    const position = String(await firstValue(this.primary, `SELECT ${isMariadb ? '@@gtid_binlog_pos' : '@@global.gtid_executed'}`));
    if (position === this.#position) return;
    const question = `SELECT ${isMariadb ? 'MASTER_GTID_WAIT' : 'WAIT_FOR_EXECUTED_GTID_SET'}('${position}', ${TIMEOUT_SEC})`;
    const answers = await Promise.all(this.replicas.map((replica) => firstValue(replica, question)));
    if (answers.some((answer) => Number(answer) !== 0)) throw new Error(`a replica has not reached ${position} in ${TIMEOUT_SEC} s`);
    this.#position = position;
  };

  close(): void {
    for (const connection of [this.primary, ...this.replicas]) connection.destroy();
  }
}

async function firstValue(connection: Connection, sql: string): Promise<unknown> {
  const [rows] = await connection.query<RowDataPacket[]>({ sql, rowsAsArray: true });
  return rows[0]?.[0];
}

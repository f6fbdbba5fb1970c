import type { Connection, ConnectionOptions } from 'mysql2/promise';
import { type Cluster, type Flavour, startCluster, withRoot } from './servers/index.js';
import { numberOf, readServer, until, WITNESS_TABLE } from './statements.js';
import { type RunningWeir, startWeir } from './weir.js';

/** Reads go to the first replica nearly always: it is the one behind a relay. */
const PREFERRED = 10_000_000;

interface Relay {
  readonly port: number;
  stop(): Promise<void>;
}

export interface RelayedOptions<R extends Relay> {
  readonly flavour: Flavour;
  readonly relayTo: (address: { host: string; port: number }) => Promise<R>;
  readonly mysqlVariables: Readonly<Record<string, string | number>>;
  /** What the servers have before weir starts, beside the table `witness`. */
  readonly prepare?: (cluster: Cluster) => Promise<void>;
}

/** A weir of one worker that reaches the primary and its preferred replica through relays, which faults are made with. */
export class RelayedBed<R extends Relay> {
  private constructor(
    readonly cluster: Cluster,
    readonly primary: R,
    readonly replica: R,
    readonly weir: RunningWeir,
  ) {}

  static async start<R extends Relay>({ flavour, relayTo, mysqlVariables, prepare }: RelayedOptions<R>): Promise<RelayedBed<R>> {
    const cluster = await startCluster({ flavour });
    await cluster.execute(WITNESS_TABLE);
    await prepare?.(cluster);
    await cluster.waitInSync();
    const [first, second] = cluster.replicas;
    const primary = await relayTo({ host: '127.0.0.1', port: cluster.primary.port });
    const replica = await relayTo({ host: '127.0.0.1', port: first!.port });
    const weir = await startWeir({
      servers: [
        { address: '127.0.0.1', port: primary.port, hostgroup: 0 },
        { address: '127.0.0.1', port: replica.port, hostgroup: 1, more: { weight: PREFERRED } },
        { address: '127.0.0.1', port: second!.port, hostgroup: 1, more: { weight: 1 } },
      ],
      mysqlVariables: { threads: 1, shun_recovery_time_sec: 1, ...mysqlVariables },
    });
    return new RelayedBed(cluster, primary, replica, weir);
  }

  /** Its server id. */
  get firstReplica(): number {
    return this.cluster.replicas[0]!.serverId;
  }

  get secondReplica(): number {
    return this.cluster.replicas[1]!.serverId;
  }

  /** A client, once reads go to the preferred replica. */
  async connect(options: ConnectionOptions = {}): Promise<Connection> {
    const connection = await this.weir.connect(options);
    await until('reads on the first replica', async () => (await readServer(connection)) === this.firstReplica);
    return connection;
  }

  /** Rows of `witness` on the primary with this note, asked directly. */
  stored(note: string): Promise<number> {
    return withRoot(this.cluster.primary, (root) => numberOf(root, `SELECT COUNT(*) FROM app.witness WHERE note = '${note}'`));
  }

  async stop(): Promise<void> {
    await this.weir.kill();
    await this.primary.stop();
    await this.replica.stop();
    await this.cluster.stop();
  }
}

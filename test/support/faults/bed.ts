import { CheckedLoad } from '../checked-load/checked-load.js';
import type { LoadOptions, Permit } from '../checked-load/messages.js';
import { loadSchema } from '../checked-load/schema.js';
import { startFaultRelay } from '../fault-relay.js';
import { APP } from '../servers/accounts.js';
import { readOnlyArguments } from '../servers/arguments.js';
import { type Cluster, type Flavour, startCluster } from '../servers/index.js';
import { type RunningWeir, startWeir } from '../weir.js';
import type { Node, Role } from './fault.js';
import { FAULT_VARIABLES, MAX_REPLICATION_LAG_SEC } from './intervals.js';
import { CONFLICT_TABLE } from './kinds/broken-replication.js';
import { openForWrites } from './operator.js';
import { Sysbench } from './sysbench.js';

export interface BedOptions {
  readonly flavour: Flavour;
  readonly load?: Partial<LoadOptions>;
  /** Every server starts read-only and waits for the operator, so that none comes back as a second primary. Default false: only replicas do. */
  readonly startsReadOnly?: boolean;
  /** Runs sysbench beside the checked load. */
  readonly sysbench?: boolean;
}

const SLOW_MS = 1000;
/** Of a statement that waits for a server, is sent again and waits again. */
const HANG_MS = 2 * FAULT_VARIABLES.connect_timeout_server_max + 5000;

/** A primary and two replicas, each behind a relay, weir in front of the relays and a checked load through weir. */
export class FaultBed {
  /** `@@server_id`s. */
  readonly everPrimary = new Set<number>();
  private primaryNode: Node;

  private constructor(
    readonly cluster: Cluster,
    readonly nodes: readonly Node[],
    readonly weir: RunningWeir,
    readonly load: CheckedLoad,
    readonly startsReadOnly: boolean,
    readonly sysbench: Sysbench | null,
  ) {
    this.primaryNode = nodes[0]!;
    this.everPrimary.add(this.primaryNode.server.serverId);
  }

  static async start({ flavour, load: loadOptions, startsReadOnly = false, sysbench: isWanted = false }: BedOptions): Promise<FaultBed> {
    const cluster = await startCluster({ flavour, extraArgs: serverArguments(flavour, startsReadOnly) });
    const nodes: Node[] = [];
    let weir: RunningWeir | null = null;
    let sysbench: Sysbench | null = null;
    try {
      await openForWrites(cluster.primary);
      await cluster.execute(...loadSchema(), CONFLICT_TABLE);
      for (const server of cluster.servers) nodes.push({ server, relay: await startFaultRelay({ host: server.host, port: server.port }) });
      weir = await startWeir({ servers: nodes.map(serverRow), mysqlVariables: FAULT_VARIABLES });
      if (isWanted) sysbench = await Sysbench.start(cluster.primary.port, weir.port);
      const load = await CheckedLoad.start({ ...defaultLoad(weir.port, permitOf(nodes, nodes[0]!)), ...loadOptions });
      return new FaultBed(cluster, nodes, weir, load, startsReadOnly, sysbench);
    } catch (error) {
      await sysbench?.stop();
      await endAll(cluster, nodes, weir);
      throw error;
    }
  }

  get primary(): Node {
    return this.primaryNode;
  }

  get replicas(): readonly Node[] {
    return this.nodes.filter((node) => node !== this.primaryNode);
  }

  roleOf(node: Node): Role {
    return node === this.primaryNode ? 'primary' : 'replica';
  }

  /** Reads on replicas, writes on the primary; `besides` are further servers that may answer for a while. */
  permit(besides: Partial<Permit> = {}): void {
    const normal = permitOf(this.nodes, this.primaryNode);
    this.load.permit({ reads: [...normal.reads, ...(besides.reads ?? [])], writes: [...normal.writes, ...(besides.writes ?? [])] });
  }

  /** Only these servers may answer reads outside transactions. */
  permitReads(nodes: readonly Node[]): void {
    this.load.permit({ reads: nodes.map(({ server }) => server.serverId), writes: [this.primaryNode.server.serverId] });
  }

  /** The operator has made another server the primary. */
  setPrimary(node: Node): void {
    this.primaryNode = node;
    this.everPrimary.add(node.server.serverId);
  }

  /** Lets no client send anything until `resume`. */
  async pause(): Promise<void> {
    await this.load.pause();
    this.sysbench?.halt();
  }

  async resume(): Promise<void> {
    this.sysbench?.goOn();
    await this.load.resume();
  }

  async stop(): Promise<void> {
    await this.sysbench?.stop();
    this.load.kill();
    await endAll(this.cluster, this.nodes, this.weir);
  }
}

function serverArguments(flavour: Flavour, startsReadOnly: boolean): string[] {
  // Without recovery, a replica of MySQL that was killed may stumble over the torn end of its relay log.
  const recovering = flavour === 'mysql' ? ['--relay-log-recovery=ON'] : [];
  return [...recovering, ...(startsReadOnly ? readOnlyArguments(flavour) : [])];
}

function serverRow({ server, relay }: Node, index: number) {
  const more = { max_replication_lag: MAX_REPLICATION_LAG_SEC, max_connections: 200 };
  return { address: server.host, port: relay.port, hostgroup: index === 0 ? 0 : 1, more };
}

function permitOf(nodes: readonly Node[], primary: Node): Permit {
  const ids = nodes.map(({ server }) => server.serverId);
  return { reads: ids.filter((id) => id !== primary.server.serverId), writes: [primary.server.serverId] };
}

function defaultLoad(port: number, permit: Permit): LoadOptions {
  return {
    ...{ port, username: APP.username, password: APP.password, permit },
    ...{ readers: 4, writers: 3, transactors: 3, pauseMs: 4 },
    ...{ slowMs: SLOW_MS, hangMs: HANG_MS, waitForServerMs: FAULT_VARIABLES.connect_timeout_server_max },
  };
}

async function endAll(cluster: Cluster, nodes: readonly Node[], weir: RunningWeir | null): Promise<void> {
  await weir?.kill();
  for (const { relay } of nodes) await relay.stop();
  await cluster.stop();
}

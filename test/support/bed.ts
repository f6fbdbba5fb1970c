import type { Connection, ConnectionOptions } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Cluster, type Flavour, startCluster } from './servers/index.js';
import { type RunningWeir, startWeir, type WeirOptions } from './weir.js';

export interface BedOptions {
  /** Default 1. */
  readonly replicas?: number;
  /** Of the servers. */
  readonly extraArgs?: readonly string[];
  /** Executed at the primary before weir starts. */
  readonly schema?: readonly string[];
  /** Most connections of weir to each server; default: as many as it wants. */
  readonly maxConnections?: number;
  /** Beside `threads: 1`. */
  readonly mysqlVariables?: WeirOptions['mysqlVariables'];
  /** Who may log in; default: `app` and `root`. */
  readonly users?: WeirOptions['users'];
}

/** What the tests of a `describe` run on: a cluster, a weir of one worker in front of it, and the clients of the test that runs. */
export class Bed {
  #cluster: Cluster | null = null;
  #weir: RunningWeir | null = null;
  readonly #clients: Connection[] = [];

  /** Registers the start and the end of both with the `describe` that it is called in. */
  constructor(flavour: Flavour, options: BedOptions = {}) {
    beforeAll(() => this.#start(flavour, options));
    afterEach(() => {
      for (const client of this.#clients.splice(0)) client.destroy();
    });
    afterAll(async () => {
      await this.#weir?.kill();
      await this.#cluster?.stop();
    });
  }

  get cluster(): Cluster {
    return started(this.#cluster);
  }

  get weir(): RunningWeir {
    return started(this.#weir);
  }

  /** A client of weir, until the end of the test. */
  async connect(options?: ConnectionOptions): Promise<Connection> {
    const client = await this.weir.connect(options);
    this.#clients.push(client);
    return client;
  }

  async #start(
    flavour: Flavour,
    { replicas = 1, extraArgs, schema = [], maxConnections, mysqlVariables, users }: BedOptions,
  ): Promise<void> {
    const cluster = await startCluster({ flavour, replicas, ...(extraArgs === undefined ? {} : { extraArgs }) });
    this.#cluster = cluster;
    if (schema.length > 0) await cluster.execute(...schema);
    const limit = maxConnections === undefined ? {} : { more: { max_connections: maxConnections } };
    this.#weir = await startWeir({
      servers: cluster.servers.map(({ host, port }, index) => ({ address: host, port, hostgroup: Math.min(index, 1), ...limit })),
      mysqlVariables: { threads: 1, ...mysqlVariables },
      ...(users === undefined ? {} : { users }),
    });
  }
}

function started<Part>(part: Part | null): Part {
  if (part === null) throw new Error('the servers have not been started');
  return part;
}

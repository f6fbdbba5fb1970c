import type { Connection } from 'mysql2/promise';
import { numberOf, sleep, writeWitness } from './statements.js';
import type { RunningWeir } from './weir.js';

export interface LoadOptions {
  readonly clients: number;
  /** Every how many statements a client writes; 0 is never. */
  readonly writeEvery: number;
  /** Servers that may answer reads. */
  readonly readers: readonly number[];
}

/** Clients that read and write by turns, each on one connection, until they are stopped; every answer is checked. */
export class WitnessLoad {
  readonly errors: string[] = [];
  /** Reads that another server than a reader answered. */
  readonly misplaced: number[] = [];
  readonly readsBy = new Map<number, number>();
  written = 0;
  private running = true;
  private readonly clients: Promise<void>[] = [];

  private constructor(
    private readonly options: LoadOptions,
    private readonly connections: readonly Connection[],
  ) {}

  static async start(weir: RunningWeir, options: LoadOptions): Promise<WitnessLoad> {
    const connections = await Promise.all(Array.from({ length: options.clients }, () => weir.connect()));
    const load = new WitnessLoad(options, connections);
    for (const [index, connection] of connections.entries()) load.clients.push(load.run(connection, index));
    return load;
  }

  reads(server: number): number {
    return this.readsBy.get(server) ?? 0;
  }

  get allReads(): number {
    return [...this.readsBy.values()].reduce((sum, reads) => sum + reads, 0);
  }

  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.clients);
    for (const connection of this.connections) connection.destroy();
  }

  private async run(connection: Connection, index: number): Promise<void> {
    const { writeEvery } = this.options;
    for (let turn = 1; this.running; turn++) {
      const isWrite = writeEvery > 0 && turn % writeEvery === 0;
      try {
        if (isWrite) await this.write(connection, `load ${index} ${turn}`);
        else await this.read(connection);
      } catch (error) {
        this.errors.push(`client ${index}: ${(error as Error).message}`);
        if ((error as { fatal?: boolean }).fatal === true) return;
      }
      // Two cores carry the servers, weir and the clients.
      await sleep(2);
    }
  }

  private async read(connection: Connection): Promise<void> {
    const server = await numberOf(connection, 'SELECT @@server_id, COUNT(*) FROM witness WHERE id < 3');
    this.readsBy.set(server, this.reads(server) + 1);
    if (!this.options.readers.includes(server)) this.misplaced.push(server);
  }

  private async write(connection: Connection, note: string): Promise<void> {
    await writeWitness(connection, note);
    this.written += 1;
  }
}

import type { Logger } from '../base/log.js';
import type { ConfigSnapshot, HostTable } from '../config/snapshot.js';
import type { SharedListener, Supervisor } from './supervisor.js';

/** A socket that is bound in this process and accepted from in the workers. */
export interface TrafficListener extends SharedListener {
  close(): void;
}

export interface TrafficOptions {
  readonly supervisor: Supervisor;
  /** Binds what mysql-interfaces names. */
  readonly bind: () => Promise<TrafficListener[]>;
  readonly snapshot: () => ConfigSnapshot;
  readonly hosts: () => HostTable;
  readonly log: Logger;
}

/** The side that clients see: its sockets, and the workers behind them. PROXYSQL STOP ends it, PROXYSQL START begins it again. */
export class Traffic {
  readonly #options: TrafficOptions;
  #listeners: TrafficListener[] = [];
  #change: Promise<void> = Promise.resolve();

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#listeners.length > 0;
  }

  get addresses(): string[] {
    return this.#listeners.map((listener) => listener.address);
  }

  /** Before workers start: a port that is taken is found out first. */
  async bind(): Promise<void> {
    this.#listeners = await this.#options.bind();
  }

  /** Lets the workers accept. */
  async open(): Promise<void> {
    for (const listener of this.#listeners) await this.#options.supervisor.listen(listener);
  }

  /** The kernel takes connections for as long as any process has the socket. */
  close(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
  }

  /** Closes, and ends all workers once their statements and transactions are done. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      const drainMs = this.#options.snapshot().variables.shutdownDrainMs;
      this.#options.log.info({ drainMs }, 'traffic stops');
      this.close();
      await this.#options.supervisor.stop(drainMs);
    });
  }

  /** @throws Error when a port is taken or a worker can not start; no worker is left then */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      const { supervisor, snapshot, hosts, log } = this.#options;
      await this.bind();
      try {
        await supervisor.start(snapshot(), hosts());
        await this.open();
      } catch (error) {
        this.close();
        await supervisor.stop(0);
        throw error;
      }
      log.info({ traffic: this.addresses }, 'traffic starts');
    });
  }

  /** One after the other, whoever asks. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const changed = this.#change.then(change);
    this.#change = changed.catch(() => undefined);
    return changed;
  }
}

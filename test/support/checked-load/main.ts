// The process of the load: started by CheckedLoad with an IPC channel, so that nothing the test does delays a client.
import type { Gate, LoadClient } from './client.js';
import { Reader, Transactor, Writer } from './clients.js';
import type { FromLoad, LoadOptions, LoadReport, ToLoad } from './messages.js';
import { Tally } from './tally.js';

const REPORT_INTERVAL_MS = 50;

class Load implements Gate {
  isStopped = false;
  paused: Promise<void> | null = null;
  private resumePaused = (): void => {};
  private readonly tally: Tally;
  private readonly clients: readonly LoadClient[];
  private readonly ended: Promise<unknown>;
  /** Start of the statements that have been told as hanging. */
  private readonly hanging = new Map<LoadClient, number>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: LoadOptions) {
    const tally = new Tally(options.permit);
    const kinds = [Reader, Writer, Transactor] as const;
    const counts = [options.readers, options.writers, options.transactors];
    const order = kinds.flatMap((kind, index) => Array.from({ length: counts[index]! }, () => kind));
    this.tally = tally;
    this.clients = order.map((Kind, index) => new Kind(index + 1, options, tally));
    this.ended = Promise.all(this.clients.map((client) => client.run(this)));
    this.timer = setInterval(() => this.tell(), REPORT_INTERVAL_MS);
  }

  handle(message: ToLoad): void {
    switch (message.kind) {
      case 'start':
        throw new Error('the load runs already');
      case 'permit':
        this.tally.permit = message.permit;
        break;
      case 'phase':
        this.tally.enterPhase(message.phase);
        break;
      case 'pause':
        this.paused ??= new Promise((resolve) => {
          this.resumePaused = resolve;
        });
        break;
      case 'resume':
        this.resume();
        break;
      case 'stop':
        void this.stop();
        break;
      default:
        message satisfies never;
    }
  }

  private resume(): void {
    this.paused = null;
    this.resumePaused();
  }

  private async stop(): Promise<void> {
    this.isStopped = true;
    this.resume();
    await this.ended;
    clearInterval(this.timer);
    const ledger = this.clients.map((client) => client.ledger());
    process.send?.({ kind: 'ended', report: this.report(), ledger } satisfies FromLoad, () => process.disconnect());
  }

  private tell(): void {
    this.watch(Date.now());
    process.send?.({ kind: 'report', report: this.report() } satisfies FromLoad);
  }

  /** Statements that run too slowly are trouble now, not only when they end. */
  private watch(nowMs: number): void {
    for (const client of this.clients) {
      const since = client.runningSinceMs;
      if (since === 0) continue;
      if (nowMs - since > this.options.slowMs) this.tally.trouble(client.isReading, nowMs);
      if (nowMs - since <= this.options.hangMs || this.hanging.get(client) === since) continue;
      this.hanging.set(client, since);
      this.tally.violate(`a ${client.isReading ? 'read' : 'write or transaction'} hangs for ${nowMs - since} ms`);
    }
  }

  private report(): LoadReport {
    const wholeSinceMs = Math.min(...this.clients.map((client) => client.goodRoundSinceMs));
    return this.tally.report(
      wholeSinceMs,
      this.clients.every((client) => client.isWaiting),
    );
  }
}

let load: Load | null = null;
process.on('message', (message: ToLoad) => {
  if (message.kind === 'start') load = new Load(message.options);
  else load?.handle(message);
});
// Nobody is left to report to.
process.on('disconnect', () => process.exit(0));

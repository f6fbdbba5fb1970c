import type { Connection } from 'mysql2/promise';
import { Shopper } from './application.js';
import type { Tally } from './tally.js';

export interface LoadOptions {
  readonly clients: number;
  readonly seconds: number;
  /** Opens one client connection; called once a client. */
  readonly connect: () => Promise<Connection>;
  readonly tally: Tally;
  /** Called about once a second, and at the end. */
  readonly onSecond: (elapsedS: number, intervalS: number) => void;
  /** Aborted: the load ends early. */
  readonly signal: AbortSignal;
}

/** Enough pause for the servers and the terminal to breathe on a small machine. */
const THINK_TIME_MS = 2;
const ERROR_PAUSE_MS = 200;

/** Runs the shoppers side by side until the time is over. Errors are counted, not thrown: each shopper goes on with a new connection. */
export async function runLoad(options: LoadOptions): Promise<void> {
  const startedMs = Date.now();
  let shownMs = startedMs;
  const show = (): void => {
    const nowMs = Date.now();
    options.onSecond((nowMs - startedMs) / 1000, (nowMs - shownMs) / 1000);
    shownMs = nowMs;
  };
  const timer = setInterval(show, 1000);
  const isOver = (): boolean => options.signal.aborted || Date.now() - startedMs >= options.seconds * 1000;
  try {
    await Promise.all(Array.from({ length: options.clients }, (_, index) => shop(options, index + 1, isOver)));
  } finally {
    clearInterval(timer);
  }
  if (Date.now() - shownMs > 200) show();
}

async function shop(options: LoadOptions, client: number, isOver: () => boolean): Promise<void> {
  const shopper = new Shopper(client, options.tally.executed);
  let connection: Connection | null = null;
  while (!isOver()) {
    try {
      if (connection === null) {
        connection = await options.connect();
        // The driver reports a lost connection here too; the statement that fails tells more.
        connection.on('error', () => {});
      }
      await shopper.act(connection);
      await pause(THINK_TIME_MS);
    } catch (error) {
      // Stopping closes connections under way: that is no error of a server.
      if (options.signal.aborted) break;
      options.tally.failed(error);
      connection?.destroy();
      connection = null;
      await pause(ERROR_PAUSE_MS);
    }
  }
  await connection?.end().catch(() => {});
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

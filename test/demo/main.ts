import type { RowDataPacket } from 'mysql2';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { SCHEMA } from './application.js';
import { Board } from './board.js';
import { hints } from './hints.js';
import { runLoad } from './load.js';
import { type DemoOptions, parseOptions, USAGE } from './options.js';
import { type ShownServer, Tally } from './tally.js';

const out = process.stdout;
const say = (text: string): void => void out.write(`${text}\n`);

/** What has been started so far, to be stopped in reverse order. */
const running: { title: string; stop: () => Promise<void> }[] = [];
const interrupted = new AbortController();

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: DemoOptions | 'help';
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`demo: ${messageOf(error)}\n${USAGE}\n`);
    return 2;
  }
  if (options === 'help') {
    say(USAGE);
    return 0;
  }
  listenForSignals();
  let exitCode = 1;
  try {
    exitCode = await demonstrate(options);
  } catch (error) {
    if (!interrupted.signal.aborted) process.stderr.write(`\ndemo: ${messageOf(error)}\n`);
  }
  if (interrupted.signal.aborted) exitCode = options.once ? 130 : 0;
  return (await stopAll()) ? exitCode : 1;
}

async function demonstrate(options: DemoOptions): Promise<number> {
  const { cluster, weir } = await startAll(options);
  await step('creating the application schema through weir', () => createSchema(cluster, weir));
  const tally = new Tally(cluster.servers.map(shown));
  say(`running ${options.clients} clients for ${options.seconds} s: 70 % reads, the rest writes, locking reads and transactions`);
  const board = new Board(out, tally);
  await runLoad({
    clients: options.clients,
    seconds: options.seconds,
    connect: () => weir.connect(),
    tally,
    onSecond: (elapsedS, intervalS) => board.show(elapsedS, options.seconds, intervalS),
    signal: interrupted.signal,
  });
  const isFine = interrupted.signal.aborted || (await conclude(cluster, tally));
  if (!options.once && !interrupted.signal.aborted) {
    say(hints(cluster, weir).join('\n'));
    await endOf(weir);
  }
  return isFine ? 0 : 1;
}

async function startAll(options: DemoOptions): Promise<{ cluster: Cluster; weir: RunningWeir }> {
  const name = options.flavour === 'mariadb' ? 'MariaDB' : 'MySQL';
  const cluster = await step(`starting a ${name} primary and two replicas (GTID replication)`, () =>
    startCluster({ flavour: options.flavour, progress: (text) => say(`  ${text} …`) }),
  );
  running.push({ title: 'the servers', stop: () => cluster.stop() });
  const ports = cluster.servers.map((server) => server.port).join(', ');
  say(`  version ${cluster.primary.version}, ports ${ports}`);
  const weir = await step('starting weir in front of them', () => startWeir({ cluster }));
  running.push({ title: 'weir', stop: () => weir.stop() });
  say(`  traffic on port ${weir.port}, admin on ${weir.adminPort}, metrics on ${weir.httpPort}`);
  return { cluster, weir };
}

async function createSchema(cluster: Cluster, weir: RunningWeir): Promise<void> {
  const connection = await weir.connect();
  try {
    for (const statement of SCHEMA) await connection.query(statement);
  } finally {
    connection.destroy();
  }
  await cluster.waitInSync();
}

/** Final totals, with the servers' own word: the sales stored on the primary name the server that wrote them. */
async function conclude(cluster: Cluster, tally: Tally): Promise<boolean> {
  const sales = await withRoot(cluster.primary, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT sold_on, COUNT(*) AS sales FROM app.sale GROUP BY sold_on');
    return rows.map((row) => ({ server: Number(row['sold_on']), sales: Number(row['sales']) }));
  });
  await step('waiting for the replicas', () => cluster.waitInSync());
  const elsewhere = sales.filter((row) => row.server !== cluster.primary.serverId).reduce((sum, row) => sum + row.sales, 0);
  const stored = sales.reduce((sum, row) => sum + row.sales, 0);
  say(`\n${tally.total.toLocaleString('en-US')} statements: ${tally.wrong} on the wrong server, ${tally.errors} errors`);
  say(`${stored.toLocaleString('en-US')} sales are stored; ${elsewhere} of them were written by another server than the primary`);
  if (tally.firstError !== null) say(`the first error was: ${tally.firstError}`);
  const isFine = tally.wrong + elsewhere + tally.errors === 0 && tally.total > 0;
  say(isFine ? 'Every statement ran where it belongs.' : 'NOT every statement ran where it belongs, or some failed.');
  return isFine;
}

function shown(server: Cluster['primary'], index: number): ShownServer {
  return { serverId: server.serverId, role: index === 0 ? 'primary' : 'replica', port: server.port };
}

/** Resolves on Ctrl-C. @throws when weir ends by itself */
async function endOf(weir: RunningWeir): Promise<void> {
  const signalled = new Promise<void>((resolve) => interrupted.signal.addEventListener('abort', () => resolve(), { once: true }));
  const ended = weir.exited.then((exit) => {
    if (!interrupted.signal.aborted) throw new Error(`weir ended by itself (${exit.signal ?? exit.code}):\n${weir.logs.tail()}`);
  });
  await Promise.race([signalled, ended]);
}

/** Says what is being done, and how long it took when that was more than a second. */
async function step<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
  if (interrupted.signal.aborted) throw new Error('interrupted');
  say(`${title} …`);
  const startedMs = Date.now();
  const result = await work();
  const seconds = (Date.now() - startedMs) / 1000;
  if (seconds >= 1) say(`  done in ${seconds.toFixed(1)} s`);
  return result;
}

function listenForSignals(): void {
  const stop = (): void => {
    // A second Ctrl-C does not wait: what still runs is killed as this process exits.
    if (interrupted.signal.aborted) process.exit(130);
    say('\nstopping (Ctrl-C again to kill) …');
    interrupted.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** Resolves to whether everything ended in good order. */
async function stopAll(): Promise<boolean> {
  let isFine = true;
  for (const { title, stop } of running.reverse()) {
    try {
      await stop();
    } catch (error) {
      process.stderr.write(`demo: ${title} did not stop well: ${messageOf(error)}\n`);
      isFine = false;
    }
  }
  return isFine;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

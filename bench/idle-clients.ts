import mysql, { type Connection } from 'mysql2/promise';
import { APP } from '../test/support/servers/index.js';
import { dataPlanePids, residentBytes } from './process-tree.js';
import { SCHEMA } from './sysbench.js';
import type { Progress } from './targets/programs.js';
import type { Target, TargetName } from './targets/target.js';

const CLIENTS = 1000;
/** Logins under way at the same time. */
const PARALLEL = 25;
const WARM_UP_CLIENTS = 50;
const SETTLE_MS = 1500;
const TIMEOUT_MS = 20_000;

export interface IdleClients {
  readonly target: TargetName;
  readonly clients: number;
  /** Growth of resident memory a client, all logged in with a schema and none having sent a statement. */
  readonly connectedBytes: number;
  /** The same after each has run one statement, as the clients of a pool have. */
  readonly usedBytes: number;
}

/**
 * Logs in a thousand clients that then do nothing, and looks at the resident memory of the processes that carry them.
 * No garbage collection is asked for: what a login leaves behind and nobody has collected yet is counted, as an operator would see it.
 */
export async function measureIdleClients(target: Target, progress: Progress): Promise<IdleClients> {
  if (target.pid === null) throw new Error(`${target.name} has no process of its own`);
  const pids = dataPlanePids(target.pid);
  const deadline = Date.now() + TIMEOUT_MS;
  progress(`connecting ${CLIENTS} idle clients to ${target.name}`);
  await closeAll(await openClients(target, WARM_UP_CLIENTS, deadline));
  await settle();
  const before = residentBytes(pids);
  const clients = await openClients(target, CLIENTS, deadline);
  try {
    await settle();
    const connected = residentBytes(pids);
    await inTurns(clients, deadline, (client) => client.query('SELECT 1'));
    await settle();
    const used = residentBytes(pids);
    return { target: target.name, clients: CLIENTS, connectedBytes: (connected - before) / CLIENTS, usedBytes: (used - before) / CLIENTS };
  } finally {
    await closeAll(clients);
  }
}

async function openClients(target: Target, count: number, deadline: number): Promise<Connection[]> {
  const clients: Connection[] = [];
  try {
    await inTurns(Array.from({ length: count }), deadline, async () => {
      const client = await mysql.createConnection({
        host: target.host,
        port: target.port,
        user: APP.username,
        password: APP.password,
        database: SCHEMA,
        connectTimeout: 20_000,
      });
      clients.push(client);
    });
    return clients;
  } catch (error) {
    await closeAll(clients);
    throw error;
  }
}

/** Works through `items`, a bounded number at a time. @throws when the deadline passes */
async function inTurns<Item>(items: readonly Item[], deadline: number, work: (item: Item) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      if (Date.now() > deadline) throw new Error(`${next} of ${items.length} clients after ${TIMEOUT_MS / 1000} s`);
      const item = items[next] as Item;
      next += 1;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
}

async function closeAll(clients: readonly Connection[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end().catch(() => client.destroy())));
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

import type { Connection, QueryError, RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Command } from '../../src/protocol/constants.js';
import { readErr } from '../../src/protocol/packets/err.js';
import { type FaultRelay, startFaultRelay } from '../support/fault-relay.js';
import { RelayedBed } from '../support/relayed-bed.js';
import { ROOT } from '../support/servers/accounts.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { numberOf, readServer, rowsOf, sleep, until, writeWitness } from '../support/statements.js';
import { bare, WireClient } from '../support/wire-client.js';

const TRANSACTION_LOST = 1213;
const errnoOf = (attempt: Promise<unknown>): Promise<number> =>
  attempt.then(
    () => 0,
    (error: QueryError) => error.errno ?? -1,
  );

describeEachFlavour('a server connection that is lost before the command is sent on it', (flavour) => {
  let bed: RelayedBed<FaultRelay>;
  let primary: FaultRelay;
  let replica: FaultRelay;
  const clients: { destroy(): void }[] = [];

  beforeAll(async () => {
    bed = await RelayedBed.start({
      flavour,
      relayTo: startFaultRelay,
      // The monitor stands aside: what follows is what the workers do by themselves.
      mysqlVariables: { monitor_enabled: 'false', connection_max_age_ms: 0, diagnostics_hold_ms: 0 },
    });
    ({ primary, replica } = bed);
  }, 60_000);
  afterAll(() => bed?.stop());
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    for (const relay of [primary, replica]) relay.setMode({ kind: 'pass' });
  });

  async function connect(account = {}): Promise<Connection> {
    const client = await bed.weir.connect(account);
    clients.push(client);
    return client;
  }

  /** What the worker has got by now it has looked at. */
  async function settle(other: Connection): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await numberOf(other, `SELECT LENGTH('${'x'.repeat(2000)}')`);
  }

  const reset = (relay: FaultRelay): void => {
    relay.setMode({ kind: 'reset' });
    relay.setMode({ kind: 'pass' });
  };

  /** How many connections weir may have to it. */
  async function limitPrimary(connections: number): Promise<void> {
    const client = await admin();
    await client.query(`UPDATE mysql_servers SET max_connections = ${connections} WHERE hostgroup_id = 0`);
    await client.query('LOAD MYSQL SERVERS TO RUNTIME');
  }

  it('is not lost: bytes of a command that waits for the question of another session stay as they are', async () => {
    await limitPrimary(1);
    const [own, taking, other] = [await WireClient.login(bed.weir.port), await connect(), await connect()];
    clients.push(own);
    await own.query("INSERT INTO witness (note, server) VALUES ('warns', CAST('1x' AS SIGNED))");
    primary.setMode({ kind: 'stall' });
    const written = writeWitness(taking, 'behind the question');
    await settle(other);
    own.send(bare(Command.initDb, 'app'));
    await settle(other);
    primary.setMode({ kind: 'pass' });
    const [answer] = await own.reply('single');
    expect(answer!.payload[0]).toBe(0);
    await written;
    await limitPrimary(100);
  });

  it('while the old value of a global variable is asked for beside it', async () => {
    const root = await connect({ user: ROOT.username, password: ROOT.password });
    await writeWitness(root, 'before');
    for (const inTransaction of [false, true]) {
      if (inTransaction) await root.query('START TRANSACTION');
      if (inTransaction) await writeWitness(root, 'lost');
      primary.setMode({ kind: 'drop', only: 'new' });
      const { accepted } = primary;
      const answer = errnoOf(root.query(`SET GLOBAL max_error_count = ${inTransaction ? 71 : 72}`));
      await until('the connection beside it', () => primary.accepted > accepted);
      reset(primary);
      expect(await answer).toBe(inTransaction ? TRANSACTION_LOST : 0);
    }
    expect(await numberOf(root, 'SELECT @@global.max_error_count FROM witness LIMIT 1 FOR UPDATE')).toBe(72);
    expect(await bed.stored('lost')).toBe(0);
    await root.query('SET GLOBAL max_error_count = DEFAULT');
  });

  it('while it is asked for the warnings of the statement before', async () => {
    const client = await WireClient.login(bed.weir.port);
    clients.push(client);
    const other = await connect();
    await client.query('START TRANSACTION');
    await client.query("INSERT INTO witness (note, server) VALUES ('lost too', CAST('1x' AS SIGNED))");
    primary.setMode({ kind: 'stall' });
    client.send(bare(Command.initDb, 'app'));
    await settle(other);
    reset(primary);
    const [answer] = await client.reply('single');
    expect(readErr(answer!.payload, 0, answer!.payload.length).errno).toBe(TRANSACTION_LOST);
    expect((await client.query('SELECT 1')).length).toBeGreaterThan(1);
    expect(await bed.stored('lost too')).toBe(0);
  });

  it('and the worker sees the command before it sees that', async () => {
    const inTransaction = await connect();
    const reading = await connect();
    const pid = await workerPid();
    await inTransaction.query('START TRANSACTION');
    await writeWitness(inTransaction, 'rolled back');
    await until('a reader', async () => (await readServer(reading)) > 1);
    await reading.query('START TRANSACTION READ ONLY');
    process.kill(pid, 'SIGSTOP');
    let answers: Promise<unknown>[];
    try {
      answers = [inTransaction.query('ROLLBACK'), reading.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM witness')];
      // Longer than connections rest under load.
      await sleep(300);
      for (const relay of [primary, replica]) relay.setMode({ kind: 'reset' });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    for (const relay of [primary, replica]) relay.setMode({ kind: 'pass' });
    expect(await Promise.all(answers.map(errnoOf))).toEqual([0, 0]);
    await reading.query('COMMIT');
  });

  it('or shows that it is lost when its reply is complete: the command is not sent again', async () => {
    const client = await connect();
    const pid = await workerPid();
    const keeps = async (statements: number): Promise<void> => {
      const operator = await admin();
      await operator.query(`SET mysql-max_stmts_per_connection = ${statements}`);
      await operator.query('LOAD MYSQL VARIABLES TO RUNTIME');
    };
    await keeps(1);
    await client.prepare('SELECT 5 AS n FROM witness LIMIT 1 FOR UPDATE');
    primary.setMode({ kind: 'stall' });
    const prepared = client.prepare('SELECT 6 AS n FROM witness LIMIT 1 FOR UPDATE');
    await settle(await connect());
    process.kill(pid, 'SIGSTOP');
    try {
      primary.setMode({ kind: 'pass' });
      await sleep(300);
      reset(primary);
      await sleep(50);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const statement = await prepared;
    for (let turn = 0; turn < 5; turn++) expect(await numberOf(client, `SELECT ${turn} FROM witness LIMIT 1 FOR UPDATE`)).toBe(turn);
    expect((await statement.execute([]))[0]).toEqual([{ n: 6 }]);
    await keeps(20);
  });

  async function workerPid(): Promise<number> {
    const [worker] = await rowsOf(await admin(), 'SELECT pid FROM stats_weir_workers');
    return Number(worker!['pid']);
  }

  async function admin(): Promise<Connection> {
    const client = await bed.weir.connectAdmin();
    clients.push(client);
    return client;
  }
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capability, Command, CursorFlag } from '../../src/protocol/constants.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { bare, comQuery, errorOf, frame, isError, textRows, WireClient } from '../support/wire-client.js';

const LONG = 17 * 1024 * 1024;

describeEachFlavour('packets of clients', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1, extraArgs: ['--max-allowed-packet=64M'] });
    await cluster.execute(
      'CREATE TABLE app.packets (id INT PRIMARY KEY, data LONGBLOB)',
      'INSERT INTO app.packets VALUES (1, NULL), (2, NULL), (3, NULL)',
    );
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1 } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  async function withClient(capabilities: number, work: (client: WireClient) => Promise<void>): Promise<void> {
    const client = await WireClient.login(weir.port, { capabilities });
    try {
      await work(client);
    } finally {
      client.destroy();
    }
  }

  const statement = (command: number, id: number, ...rest: readonly number[]): Buffer => {
    const head = Buffer.alloc(5);
    head[0] = command;
    head.writeUInt32LE(id, 1);
    return Buffer.concat([head, Buffer.from(rest)]);
  };
  const prepare = async (client: WireClient, sql: string): Promise<number> =>
    (await client.command(bare(Command.stmtPrepare, sql), 'prepare'))[0]!.payload.readUInt32LE(1);

  for (const [name, flag] of [
    ['without', 0],
    ['with', Capability.deprecateEof],
  ] as const) {
    it(`end nobody but their sender, and whole ones are answered, ${name} DEPRECATE_EOF`, () =>
      withClient(flag, async (client) => {
        for (const bytes of [[], [0], [1, 0, 0, 1, 0], [0xff, 0xff, 0xff, 1], [32, 0, 0, 1, ...new Array<number>(32).fill(0xff)]]) {
          const broken = await WireClient.open(weir.port);
          await broken.packet();
          broken.sendRaw(Buffer.from(bytes));
          broken.socket.end();
          await broken.untilClosed();
        }
        expect(textRows(await client.query('SELECT 1'), flag === 0)).toEqual([['1']]);
        expect((await client.command(bare(Command.ping), 'single'))[0]!.payload[0]).toBe(0);
        expect((await client.command(bare(Command.statistics), 'single'))[0]!.payload.toString()).toContain('Uptime');
        expect(isError(await client.command(bare(Command.setOption, '\0\0'), 'single'))).toBe(false);
        expect(isError(await client.query('SELECT 1; SELECT 2'))).toBe(false);
        expect(isError(await client.command(bare(Command.setOption, '\x01\0'), 'single'))).toBe(false);
        expect(errorOf(await client.query('SELECT 1; SELECT 2')).errno).toBe(1064);
      }));

    it(`may be longer than 16 MiB both ways, ${name} DEPRECATE_EOF`, () =>
      withClient(flag, async (client) => {
        const reply = await client.query(`SELECT LENGTH('${'x'.repeat(LONG)}')`);
        expect(textRows(reply, flag === 0)).toEqual([[String(LONG)]]);
        const long = await client.query(`SELECT REPEAT('y', ${LONG})`);
        const row = long.find(({ payload }) => payload.length > LONG)!;
        expect(row.payload.length).toBe(LONG + 9 - (LONG < 2 ** 24 ? 5 : 0));
        expect(row.payload.subarray(-3).toString()).toBe('yyy');
        expect(isError(await client.query('SELECT 1'))).toBe(false);
      }));
  }

  it('are executed in order when they come in one segment', () =>
    withClient(0, async (client) => {
      const texts = [
        'SELECT 1',
        'BEGIN',
        "UPDATE packets SET data = 'p' WHERE id = 3",
        'SELECT data FROM packets WHERE id = 3',
        'ROLLBACK',
        'SELECT 2',
      ];
      client.sendRaw(Buffer.concat(texts.map((sql) => frame(comQuery(sql)))));
      const replies = [];
      for (const _ of texts) replies.push(await client.reply('result'));
      expect([textRows(replies[0]!), textRows(replies[3]!), textRows(replies[5]!)]).toEqual([[['1']], [['p']], [['2']]]);
    }));

  it('may carry long data of a prepared statement in pieces', () =>
    withClient(0, async (client) => {
      const id = await prepare(client, 'UPDATE packets SET data = ? WHERE id = 1');
      for (const piece of ['abc', 'def']) client.send(statement(Command.stmtSendLongData, id, 0, 0, ...Buffer.from(piece)));
      expect(isError(await client.command(statement(Command.stmtExecute, id, 0, 1, 0, 0, 0, 0, 1, 252, 0)))).toBe(false);
      expect(textRows(await client.query('SELECT data FROM packets WHERE id = 1 FOR UPDATE'))).toEqual([['abcdef']]);
    }));

  it('may fetch from a cursor', () =>
    withClient(0, async (client) => {
      const id = await prepare(client, 'SELECT id FROM packets ORDER BY id');
      await client.command(statement(Command.stmtExecute, id, CursorFlag.readOnly, 1, 0, 0, 0));
      const first = await client.command(statement(Command.stmtFetch, id, 2, 0, 0, 0), 'rows');
      const rest = await client.command(statement(Command.stmtFetch, id, 9, 0, 0, 0), 'rows');
      expect([first.length, rest.length]).toEqual([3, 2]);
      expect(isError(await client.command(statement(Command.stmtReset, id), 'single'))).toBe(false);
    }));
});

import type { Connection } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { Capability, Command, ReplyHeader } from '../../src/protocol/constants.js';
import { Bed } from '../support/bed.js';
import { APP, ROOT } from '../support/servers/accounts.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { rowsOf } from '../support/statements.js';
import { bare, errorOf, textRows, WireClient } from '../support/wire-client.js';

const SHOWN = `SELECT @@character_set_client, @@collation_connection, @@character_set_results, @@sql_mode LIKE '%IGNORE_SPACE%', DATABASE(), @@autocommit,
  CURRENT_USER(), @u, @@sql_mode LIKE '%ANSI_QUOTES%', 'x'`;
/** latin1, utf8mb4, another collation of it, and one with a quote in second bytes. */
const COLLATIONS = [8, 45, 224, 28];
const REFUSED = [
  { username: APP.username, password: 'wrong', schema: 'app' },
  { username: 'nobody', password: 'x', schema: 'app' },
  { username: APP.username, password: APP.password, schema: 'nowhere' },
  { username: ROOT.username, password: 'wrong', schema: 'sbtest' },
  { username: ROOT.username, password: ROOT.password, schema: 'nowhere' },
];

const PLAIN = { username: 'plain', password: 'plain' } as const;

/** What a session is after each kind of reset, at a server and through weir, for clients that came with one character set or another. */
describeEachFlavour('sessions that begin again', (flavour) => {
  const bed = new Bed(flavour, {
    schema: ["CREATE USER plain@'%' IDENTIFIED BY 'plain'", "GRANT SELECT ON app.* TO plain@'%'"],
    mysqlVariables: { threads: 2 },
    users: [APP, ROOT, PLAIN].map((account) => ({ ...account, hostgroup: 0 })),
  });

  const cases = [0, Capability.ignoreSpace].flatMap((capabilities) => COLLATIONS.map((collation) => ({ capabilities, collation })));

  it.each(cases)('are the same at a server and through weir: $capabilities, $collation', async ({ capabilities, collation }) => {
    const play = async (port: number): Promise<string[]> => {
      const seen: string[] = [];
      const note = async (step: string, client: WireClient): Promise<void> => {
        seen.push(`${step}: ${await shown(client, SHOWN)}; ${await shown(client, 'SELECT COUNT (*) FROM (SELECT 1) AS t')}`);
      };
      const login = () => WireClient.login(port, { capabilities, collation });
      const client = await login();
      await note('login', client);
      for (const step of ['reset', 'reset of a changed session']) {
        await client.command(bare(Command.resetConnection), 'single');
        await note(step, client);
        await change(client);
      }
      seen.push(String(await client.changeUser(ROOT, 'sbtest')));
      await note('another user', client);
      await change(client);
      seen.push(String(await client.changeUser(APP, '')));
      await note('no schema', client);
      client.destroy();
      // A MariaDB server takes a second for each.
      for (const account of collation === 45 ? REFUSED : []) {
        const refused = await login();
        await change(refused);
        seen.push(JSON.stringify(await refused.changeUser(account, account.schema)));
        await note('refused', refused);
        seen.push(await refused.changeUser(APP, 'app').then(String, () => 'closed'));
        await note('again', refused);
        refused.destroy();
      }
      return seen;
    };
    const straight = await play(bed.cluster.primary.port);
    expect(await play(bed.weir.port)).toEqual(straight);
  });

  it('have let go of their locks when they are told so', async () => {
    const [locker, other] = [await WireClient.login(bed.weir.port), await WireClient.login(bed.weir.port)];
    for (let round = 0; round < 20; round++) {
      await locker.query("SELECT GET_LOCK('reset', 0)");
      if (round % 2 === 0) await locker.command(bare(Command.resetConnection), 'single');
      else await locker.changeUser(APP, 'app');
      expect(textRows(await other.query("SELECT IS_FREE_LOCK('reset')"))).toEqual([['1']]);
    }
    locker.destroy();
    other.destroy();
  });

  const isolation = flavour === 'mysql' ? 'transaction_isolation' : 'tx_isolation';
  const plain = (): Promise<Connection> => bed.connect({ user: PLAIN.username, password: PLAIN.password, flags: ['-IGNORE_SPACE'] });

  async function shownTo(client: Connection, variable: string, tail = ''): Promise<unknown> {
    return (await rowsOf(client, `SELECT @@${variable} AS shown${tail}`))[0]?.['shown'];
  }

  it.each([
    ['group_concat_max_len', 'SET @@global.group_concat_max_len := 77, GLOBAL join_buffer_size = 65536', 77],
    ['sql_mode', "SET GLOBAL sql_mode = 'ANSI_QUOTES'", 'ANSI_QUOTES'],
    [isolation, 'SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'SERIALIZABLE'],
    ['wait_timeout', 'SET GLOBAL wait_timeout = 345', 345],
    ['autocommit', 'SET GLOBAL autocommit = 0', 0],
    // What this account may not set, and what nobody may: the server gives it to new connections alone.
    ['max_error_count', 'SET GLOBAL max_error_count = 33', 33],
    ['max_allowed_packet', 'SET GLOBAL max_allowed_packet = 2097152', 2_097_152],
  ])('have the %s of when they began: %s', async (name, text, value) => {
    const root = await bed.connect({ user: ROOT.username, password: ROOT.password });
    const before = [await plain(), await plain(), await plain()];
    const old = await shownTo(before[0]!, `global.${name}`);
    // As many connections to each server.
    for (const tail of ['', ' FOR UPDATE']) await Promise.all(before.map((client) => client.query(`SELECT SLEEP(0.03)${tail}`)));
    const again = await WireClient.login(bed.weir.port, PLAIN);
    try {
      await root.query(text);
      const after = [await plain(), await plain(), await plain()];
      await again.command(bare(Command.resetConnection), 'single');
      for (const client of after) {
        expect(await shownTo(client, `session.${name}`)).toBe(value);
        expect(await shownTo(client, name, ' FOR UPDATE')).toBe(value);
        expect(await shownTo(client, `global.${name}`)).toBe(value);
      }
      for (const client of name.startsWith('max_') ? [] : before) {
        expect(await shownTo(client, `session.${name}`)).toBe(old);
        expect(await shownTo(client, name, ' FOR UPDATE')).toBe(old);
      }
      expect(textRows(await again.query(`SELECT @@${name}`))).toEqual([[String(value)]]);
    } finally {
      again.destroy();
      await root.query(`SET GLOBAL ${name} = ${root.escape(old)}`);
    }
    expect(await shownTo(await plain(), name)).toBe(old);
  });
});

/** Of everything that is to be forgotten a bit. */
async function change(client: WireClient): Promise<void> {
  for (const text of ['SET @u = 1', "SET NAMES latin1, sql_mode = 'ANSI_QUOTES'", 'USE sbtest', 'SET autocommit = 0'])
    await client.query(text);
}

async function shown(client: WireClient, text: string): Promise<string> {
  try {
    const packets = await client.query(text);
    if (packets.at(-1)!.payload[0] === ReplyHeader.error) return String(errorOf(packets).errno);
    return packets.map(({ payload }) => payload.toString('latin1')).join(' ');
  } catch (error) {
    if (client.closed) return 'closed';
    throw error;
  }
}

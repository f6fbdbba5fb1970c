import { expect, it } from 'vitest';
import { Capability, Command, ReplyHeader } from '../../src/protocol/constants.js';
import { Bed } from '../support/bed.js';
import { APP, ROOT } from '../support/servers/accounts.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
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

/** What a session is after each kind of reset, at a server and through weir, for clients that came with one character set or another. */
describeEachFlavour('sessions that begin again', (flavour) => {
  const bed = new Bed(flavour, { replicas: 0 });

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

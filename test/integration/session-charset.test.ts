import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capability, Command, ReplyHeader } from '../../src/protocol/constants.js';
import { APP } from '../support/servers/accounts.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { bare, comQuery, errorOf, isError, textRows, WireClient } from '../support/wire-client.js';

/** A character whose second byte is a backslash, by character set. */
const BACKSLASH_CHARACTERS: Readonly<Record<string, readonly number[]>> = {
  gbk: [0xbf, 0x5c],
  sjis: [0x95, 0x5c],
  cp932: [0x95, 0x5c],
  big5: [0xa5, 0x5c],
  gb18030: [0xbf, 0x5c],
};
const COLLATION_OF_GBK = 28;

/**
 * `where_am_i()` is a stored function, which only the primary may have: whoever reads the text by other lexical rules than the server takes the
 * call for a part of a string or comment, and the rest for a read.
 */
describeEachFlavour('the lexical rules that hold for a session', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let charsets: readonly string[] = [];

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute(
      'CREATE FUNCTION app.where_am_i() RETURNS INT NO SQL RETURN @@server_id',
      'CREATE TABLE app.t (a INT)',
      'INSERT INTO app.t VALUES (1)',
    );
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1 } });
    const [rows] = await withRoot(cluster.primary, (root) => root.query('SHOW CHARACTER SET'));
    const known = (rows as { readonly Charset: string }[]).map((row) => row.Charset);
    charsets = Object.keys(BACKSLASH_CHARACTERS).filter((name) => known.includes(name));
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  /** Plays statements and answers the last one's number, which is that of a server, or its error. */
  async function played(client: WireClient, steps: readonly (string | Buffer)[]): Promise<number | string> {
    let last: number | string = '';
    for (const step of steps) {
      const packets = await client.command(comQuery(step, client.capabilities));
      const hasRows = !isError(packets) && packets[0]!.payload[0] !== ReplyHeader.ok;
      last = hasRows ? Number(textRows(packets)[0]!.at(-1)) : String(errorOf(packets).errno);
    }
    client.destroy();
    return last;
  }
  const connect = (options: Parameters<typeof WireClient.login>[1] = {}) => WireClient.login(weir.port, options);

  const bytes = (...parts: (string | readonly number[])[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  /** The call hides behind a backslash that is none. */
  const hidden = (character: readonly number[]): Buffer => bytes("SELECT '", character, "', where_am_i() /* ' */");
  /** The backslash is one, and the call is hidden for those who take it for a part of a character. */
  const shown = (character: readonly number[]): Buffer => bytes("SELECT '", character, "', /* ', where_am_i() -- */");
  const read = (character: readonly number[]): Buffer => bytes("SELECT '", character, "', @@server_id");

  it('follow SET NAMES to every character set with backslashes in characters, and back', async () => {
    expect(charsets).toContain('gbk');
    for (const charset of charsets) {
      const character = BACKSLASH_CHARACTERS[charset]!;
      expect(await played(await connect(), [`SET NAMES ${charset}`, hidden(character)]), charset).toBe(1);
      expect(await played(await connect(), [`SET NAMES ${charset}`, read(character)]), charset).toBe(2);
      expect(await played(await connect(), [`SET NAMES ${charset}`, 'SET NAMES latin1', shown(character)]), charset).toBe(1);
      const introduced = bytes('SELECT _', charset, "'", [character[0]!, 0x5c], "', /* ', where_am_i() -- */");
      expect(await played(await connect(), ['SET NAMES latin1', introduced]), `_${charset}`).toBe(1);
      const quoted = bytes('SELECT 1 AS `', character.slice(0, 1), '`` `, where_am_i() -- `');
      expect(await played(await connect(), [`SET NAMES ${charset}`, quoted]), charset).not.toBe(2);
    }
  });

  it.each([
    'SET character_set_client = gbk',
    'SET @@character_set_client = gbk',
    'SET SESSION character_set_client := GBK, @@sql_mode = @@sql_mode',
    'SET CHARACTER SET gbk',
    'SET CHARSET `gbk`, @a = 1',
    'SET @@sql_mode = @@sql_mode, NAMES gbk COLLATE gbk_bin',
    '/*!40101 SET NAMES gbk */',
    'DO 1; SET @@character_set_client = gbk',
  ])('follow %s', async (statement) => {
    const client = await connect({ capabilities: Capability.multiStatements });
    expect(await played(client, [statement, hidden(BACKSLASH_CHARACTERS['gbk']!)])).toBe(1);
  });

  it('follow the character set of the handshake, and that of COM_CHANGE_USER', async () => {
    const gbk = BACKSLASH_CHARACTERS['gbk']!;
    expect(await played(await connect({ collation: COLLATION_OF_GBK }), [hidden(gbk)])).toBe(1);
    expect(await played(await connect({ collation: COLLATION_OF_GBK }), ['SELECT 1', read(gbk)])).toBe(2);
    const changed = await connect({ collation: COLLATION_OF_GBK });
    await changed.changeUser(APP, 'app');
    expect(await played(changed, [shown(gbk)])).toBe(1);
    const reset = await connect();
    await played(await connect(), ['SELECT 1']);
    await reset.query('SET NAMES gbk');
    await reset.command(bare(Command.resetConnection), 'single');
    expect(await played(reset, [shown(gbk)])).toBe(1);
  });

  it('take a blank of a one-byte character set for what it is', async () => {
    const locking = bytes('SELECT @@server_id FROM t', [0xa0], 'FOR', [0xa0], 'UPDATE');
    expect(await played(await connect(), ['SET NAMES latin1', locking])).toBe(1);
    expect(await played(await connect(), ['SET NAMES latin1', bytes("SELECT '", [0xa0, 0xe4], "', @@server_id")])).toBe(2);
  });

  it('know characters of euckr, which have no backslashes', async () => {
    const text = bytes("SELECT '", [0xb0, 0xa1], "\\', /* ', where_am_i() -- */");
    expect(await played(await connect(), ['SET NAMES euckr', text])).toBe(1);
    expect(await played(await connect(), ['SET NAMES euckr', bytes("SELECT '", [0xb0, 0xa1], "', @@server_id")])).toBe(2);
  });

  it.each([
    ['NO_BACKSLASH_ESCAPES', "SELECT 'a\\', where_am_i() /* ' */"],
    ['ANSI_QUOTES', 'SELECT where_am_i() AS "a\\" /* " */'],
    ['', "SELECT 'a\\', /* ', where_am_i() -- */"],
    ['IGNORE_SPACE', 'SELECT where_am_i ()'],
    ['PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE', "SELECT NOT where_am_i() BETWEEN 5 AND 6 || '', where_am_i()"],
  ])('follow sql_mode %s in every spelling', async (mode, text) => {
    const spellings = [
      `SET sql_mode = '${mode}'`,
      `SET @@sql_mode = '${mode}'`,
      `SET @@session.sql_mode := '${mode}'`,
      `SET LOCAL sql_mode = CONCAT('${mode}', '')`,
      `SET group_concat_max_len = 5, @@sql_mode = (SELECT '${mode}')`,
    ];
    for (const spelling of spellings) expect(await played(await connect(), [spelling, text]), spelling).toBe(1);
    expect(await played(await connect(), [spellings[0]!, 'SELECT @@server_id'])).toBe(2);
  });
});

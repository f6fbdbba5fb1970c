import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nativeResponseOfPassword } from '../../../src/protocol/auth/native-password.js';
import { Capability, Command, FieldType, ServerStatus } from '../../../src/protocol/constants.js';
import { readColumnDefinition } from '../../../src/protocol/packets/column-definition.js';
import { writeComChangeUser } from '../../../src/protocol/packets/com-change-user.js';
import { readOk } from '../../../src/protocol/packets/ok.js';
import { readStmtPrepareOk } from '../../../src/protocol/packets/stmt-prepare-ok.js';
import { PacketWriter } from '../../../src/protocol/wire/writer.js';
import { bare, comQuery, errorOf, frame, statusOfOk, textRows, type WireClient, type WirePacket } from '../../support/wire-client.js';
import { type PortWorld, portWorld } from './port-world.js';

let world: PortWorld;
beforeEach(async () => {
  world = await portWorld();
});
afterEach(() => {
  expect(world.failures).toEqual([]);
  world.close();
});

const withId = (command: number, id: number, rest: readonly number[] = []): Buffer => {
  const buffer = Buffer.from([command, 0, 0, 0, 0, ...rest]);
  buffer.writeUInt32LE(id >>> 0, 1);
  return buffer;
};
const execution = (id: number, rest: readonly number[] = []): Buffer => withId(Command.stmtExecute, id, [0, 1, 0, 0, 0, ...rest]);

async function prepare(client: WireClient, text: string): Promise<{ id: number; packets: WirePacket[] }> {
  const packets = await client.command(bare(Command.stmtPrepare, text), 'prepare');
  const { payload } = packets[0]!;
  return { id: payload[0] === 0 ? readStmtPrepareOk(payload, 0, payload.length, client.capabilities).statementId : 0, packets };
}

describe('prepared statements', () => {
  it.each([0, Capability.deprecateEof])('answer definitions at the preparation, capabilities %i', async (capabilities) => {
    const client = await world.wire({ capabilities });
    const { packets } = await prepare(client, 'SELECT hostname, port FROM mysql_servers WHERE port = ? AND hostname <> ?');
    const ok = readStmtPrepareOk(packets[0]!.payload, 0, packets[0]!.payload.length, client.capabilities);
    expect(ok).toMatchObject({ columns: 2, parameters: 2, warnings: 0 });
    const names = packets
      .slice(1)
      .flatMap(({ payload }) => (payload[0] === 0xfe ? [] : readColumnDefinition(payload, 0, payload.length).name));
    expect(names).toEqual(['?', '?', 'hostname', 'port']);
    expect(packets).toHaveLength(capabilities === 0 ? 7 : 5);
    client.destroy();
  });

  it('remember the types of parameters and use long data once', async () => {
    const client = await world.wire();
    const { id } = await prepare(client, 'SELECT ? AS a, ? AS b');
    expect(errorOf(await client.command(execution(id, [0, 0]))).errno).toBe(1210);
    const types = [1, FieldType.tiny, 0, FieldType.varString, 0];
    const row = (packets: WirePacket[]) => packets.at(-2)!.payload.toString('latin1', 2);
    expect(row(await client.command(execution(id, [0, ...types, 0xff, 1, 0x78])))).toBe('\x02-1\x01x');
    expect(row(await client.command(execution(id, [0, 0, 5, 1, 0x79])))).toBe('\x015\x01y');
    client.send(Buffer.concat([withId(Command.stmtSendLongData, id, [1, 0]), Buffer.from('lo')]));
    client.send(Buffer.concat([withId(Command.stmtSendLongData, id, [1, 0]), Buffer.from('ng')]));
    expect(row(await client.command(execution(id, [0, 0, 5])))).toBe('\x015\x04long');
    expect(row(await client.command(execution(id, [2, 0, 5])))).toBe('\x015');
    client.send(withId(Command.stmtSendLongData, id, [9, 0, 1]));
    expect(errorOf(await client.command(execution(id, [2, 0, 5]))).errno).toBe(1210);
    client.send(Buffer.concat([withId(Command.stmtSendLongData, id, [1, 0]), Buffer.from('gone')]));
    expect((await client.command(withId(Command.stmtReset, id), 'single'))[0]!.payload[0]).toBe(0);
    expect(row(await client.command(execution(id, [0, 0, 5, 1, 0x7a])))).toBe('\x015\x01z');
    client.destroy();
  });

  it('are gone when closed, and after a reset of the connection', async () => {
    const client = await world.wire();
    const first = await prepare(client, 'SELECT 1');
    client.send(withId(Command.stmtClose, first.id));
    expect(errorOf(await client.command(execution(first.id)))).toMatchObject({ errno: 1243 });
    const second = await prepare(client, 'SELECT 2');
    expect((await client.command(execution(0xffff_ffff))).at(-2)!.payload.toString('latin1', 2)).toBe('\x012');
    await client.command(bare(Command.resetConnection), 'single');
    expect(errorOf(await client.command(execution(second.id)))).toMatchObject({ errno: 1243 });
    client.destroy();
  });

  it('are bounded in number', async () => {
    const client = await world.wire();
    client.socket.write(Buffer.concat(Array.from({ length: 1025 }, () => frame(bare(Command.stmtPrepare, 'SELECT 1')))));
    for (let index = 0; index < 1024; index++) expect(errorOf(await client.reply('prepare')).errno).toBe(0);
    expect(errorOf(await client.reply('prepare'))).toMatchObject({ errno: 1461 });
    client.destroy();
  });

  it('that change something do nothing when they are prepared', async () => {
    const client = await world.wire();
    await prepare(client, 'DELETE FROM mysql_users');
    await prepare(client, 'PROXYSQL SHUTDOWN');
    await prepare(client, 'LOAD MYSQL USERS TO RUNTIME');
    expect(await world.rows('SELECT count(*) FROM mysql_users')).toEqual([[1]]);
    expect([world.called, world.pushed]).toEqual([[], []]);
    client.destroy();
  });
});

describe('commands of the protocol', () => {
  it('answer as a server does', async () => {
    const client = await world.wire();
    const text = (await client.command(bare(Command.statistics), 'single'))[0]!.payload.toString();
    expect(text).toMatch(/^Uptime: \d+ {2}Threads: 0 {2}Questions: 42 {2}Slow queries: 0 .*Queries per second avg: /);
    const fields = await client.command(bare(Command.fieldList, 'mysql_users\0%host%'), 'fields');
    expect(fields.slice(0, -1).map(({ payload }) => readColumnDefinition(payload, 0, payload.length).name)).toEqual(['default_hostgroup']);
    expect(errorOf(await client.command(bare(Command.fieldList, 'nowhere\0'), 'fields')).message).toContain('no such table');
    expect((await client.command(bare(Command.initDb, 'disk'), 'single'))[0]!.payload[0]).toBe(0);
    expect(textRows(await client.query('SELECT DATABASE()'))).toEqual([['disk']]);
    expect(errorOf(await client.command(bare(Command.initDb, 'nowhere'), 'single'))).toMatchObject({
      errno: 1049,
      message: "ProxySQL Admin Error: Unknown database 'nowhere'",
    });
    expect((await client.command(Buffer.from([Command.processKill, 1, 1, 0, 0]), 'single'))[0]!.payload[0]).toBe(0);
    expect(errorOf(await client.command(Buffer.from([Command.processKill, 2, 1, 0, 0]), 'single')).message).toContain(
      'Unknown thread id: 258',
    );
    expect((await client.command(bare(Command.ping), 'single'))[0]!.payload[0]).toBe(0);
    for (const command of [Command.debug, Command.binlogDump, Command.shutdown, Command.stmtFetch, Command.stmtBulkExecute, 0x77]) {
      expect(errorOf(await client.command(bare(command, '\0\0\0\0'), 'single'))).toMatchObject({ errno: 1047 });
    }
    client.send(bare(Command.quit));
    expect(await client.untilClosed()).toEqual([]);
  });

  it('COM_SET_OPTION allows several statements, and forbids them again', async () => {
    const client = await world.wire();
    const statements = 'SELECT 1; SELECT 2;;SELECT 3';
    expect(errorOf(await client.query(statements)).message).toContain('CLIENT_MULTI_STATEMENTS');
    expect((await client.command(Buffer.from([Command.setOption, 0, 0]), 'single'))[0]!.payload[0]).toBe(0xfe);
    const packets = await client.query(statements);
    expect(packets.filter(({ payload }) => payload[0] === 1 && payload.length === 1)).toHaveLength(3);
    expect(packets.map(({ sequence }) => sequence)).toEqual(packets.map((_packet, index) => index + 1));
    await client.command(Buffer.from([Command.setOption, 1, 0]), 'single');
    expect(errorOf(await client.query(statements)).message).toContain('CLIENT_MULTI_STATEMENTS');
    expect(errorOf(await client.command(Buffer.from([Command.setOption, 7, 0]), 'single'))).toMatchObject({ errno: 1047 });
    client.destroy();
  });

  it('tell the state of the session', async () => {
    const client = await world.wire({ capabilities: Capability.sessionTrack | Capability.deprecateEof });
    const { payload } = (await client.query('USE disk'))[0]!;
    expect(readOk(payload, 0, payload.length, client.capabilities).sessionState).toEqual([{ type: 'schema', schema: 'disk' }]);
    const status = ServerStatus.autocommit | ServerStatus.noBackslashEscapes;
    expect(statusOfOk((await client.query('SET NAMES utf8'))[0]!.payload)).toBe(status);
    expect(statusOfOk((await client.query('SELECT 1')).at(-1)!.payload)).toBe(status);
    client.destroy();
  });

  it('COM_CHANGE_USER asks a client that knows other plugins, and leaves nothing of the user before', async () => {
    const client = await world.wire();
    const { id } = await prepare(client, 'SELECT 1');
    const scramble = client.greeting!.scramble;
    const change = (username: string, password: string, authPlugin: string): void => {
      const writer = new PacketWriter();
      const authResponse = authPlugin === 'sha256_password' ? new Uint8Array(0) : nativeResponseOfPassword(password, scramble);
      writeComChangeUser(writer, { username, authResponse, schema: '', collation: 45, authPlugin }, client.capabilities);
      client.sendRaw(writer.take());
    };
    change('stats', 'stats', 'sha256_password');
    expect(await client.authenticate('stats', scramble)).toBeNull();
    expect(errorOf(await client.command(execution(id)))).toMatchObject({ errno: 1243 });
    expect(errorOf(await client.query('SELECT * FROM mysql_users')).message).toContain('no such table');
    change('root', 'secret', 'mysql_native_password');
    expect(await client.authenticate('secret', scramble)).toBeNull();
    expect(textRows(await client.query('SELECT USER()'))).toEqual([['root']]);
    change('root', 'wrong', 'mysql_native_password');
    expect(await client.authenticate('wrong', scramble)).toMatchObject({ errno: 1045 });
    await client.untilClosed();
    await expect(world.wire({ schema: 'nowhere' })).rejects.toThrow('1049');
  });
});

describe('bytes that are no protocol', () => {
  it.each([
    ['no command', Buffer.alloc(0)],
    ['a cut COM_STMT_EXECUTE', Buffer.from([Command.stmtExecute, 1, 0])],
    ['a cut COM_PROCESS_KILL', Buffer.from([Command.processKill, 1])],
    ['a cut COM_SET_OPTION', Buffer.from([Command.setOption, 1])],
    ['COM_FIELD_LIST without a NUL', bare(Command.fieldList, 'abc')],
  ])('end the connection with a clear error: %s', async (_name, payload) => {
    const client = await world.wire();
    client.send(payload);
    const packets = await client.untilClosed();
    expect(errorOf(packets)).toMatchObject({ errno: 1835, message: expect.stringContaining('Malformed communication packet') });
    const other = await world.wire();
    expect(textRows(await other.query('SELECT 1'))).toEqual([['1']]);
    other.destroy();
  });

  it('and packets out of order', async () => {
    const client = await world.wire();
    client.send(comQuery('SELECT 1'), 3);
    expect(errorOf(await client.untilClosed()).errno).toBe(1156);
  });
});

describe('large packets', () => {
  it('come in and go out in parts', async () => {
    const client = await world.wire({ timeoutMs: 20_000 });
    const text = 'x'.repeat(17 * 1024 * 1024);
    const packets = await client.query(`SELECT '${text}' AS a, 1 AS b`);
    expect(packets.at(-2)!.payload.length).toBe(9 + text.length + 2);
    expect(textRows(await client.query('SELECT 1'))).toEqual([['1']]);
    client.destroy();
  });

  it('are refused above 64 MiB, and above 64 KiB before the login', async () => {
    const client = await world.wire({ timeoutMs: 20_000 });
    client.send(Buffer.alloc(64 * 1024 * 1024 + 1, 0x03));
    expect(errorOf(await client.untilClosed()).errno).toBe(1153);
    const { WireClient } = await import('../../support/wire-client.js');
    const stranger = await WireClient.open(world.port);
    await stranger.packet();
    stranger.send(Buffer.alloc(70_000, 0x03), 1);
    expect(errorOf(await stranger.untilClosed()).errno).toBe(1153);
  });
});

describe.each(['portable', 'direct'] as const)('a client that does not read (%s)', (kind) => {
  it('costs no memory beyond what is pending, and gets everything in the end', async () => {
    const own = await portWorld(kind);
    const client = await own.wire({ timeoutMs: 30_000 });
    const value = 'y'.repeat(1000);
    const one = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, '${value}' FROM n`;
    const received = client.socket.bytesRead;
    client.socket.pause();
    const queries = 60;
    client.socket.write(Buffer.concat(Array.from({ length: queries }, () => frame(comQuery(one)))));
    const other = await own.wire();
    await new Promise((later) => setTimeout(later, 500));
    const before = process.memoryUsage();
    for (let index = 0; index < 20; index++) expect(textRows(await other.query('SELECT 1'))).toEqual([['1']]);
    await new Promise((later) => setTimeout(later, 500));
    const after = process.memoryUsage();
    expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(20e6);
    client.socket.resume();
    for (let index = 0; index < queries; index++) expect((await client.reply('result')).length).toBe(1 + 2 + 1 + 5000 + 1);
    expect(client.socket.bytesRead - received).toBeGreaterThan(queries * 5_000_000);
    client.destroy();
    other.destroy();
    own.close();
  }, 60_000);
});

import { beforeEach, describe, expect, it } from 'vitest';
import { BackendConnection, type ReplyReceiver } from '../../../src/backend/backend-connection.js';
import { StateInterner } from '../../../src/backend/connection-state.js';
import { IdentityInterner } from '../../../src/backend/identity.js';
import { ReplyKind } from '../../../src/protocol/reply-tracker.js';
import { type FakeTransport, fakeLogin } from '../pool/pool-bench.js';

const OK = Buffer.from([7, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
const ERR = Buffer.from([10, 0, 0, 1, 0xff, 0x28, 0x04, 0x23, 0x34, 0x32, 0x30, 0x30, 0x30, 0x78]);
const states = new StateInterner();
const INITIAL = states.get('', null, new Map());
const IDENTITY = new IdentityInterner().get('app', 0, 0, 45, { clear: '', sha1: null, sha256: null });

/** What the owner and the receivers of one connection were told, in order. */
let story: string[];
let transport: FakeTransport;
let connection: BackendConnection;

beforeEach(() => {
  story = [];
  const login = fakeLogin();
  transport = login.transport as FakeTransport;
  connection = new BackendConnection(login, IDENTITY, INITIAL, 0, {
    onConnectionClosed: (_, cause, quiet) => story.push(`closed ${quiet ? 'quiet' : 'busy'} ${cause?.message ?? ''}`.trim()),
  });
});

const receive = (...packets: readonly Buffer[]): void => {
  const bytes = Buffer.concat(packets);
  transport.sink.onBytes(bytes, 0, bytes.length);
};

const statement = (name: string): ReplyReceiver => ({
  onForward: () => {},
  onEvent: () => {},
  onReplyDone: () => story.push(`${name} done`),
  onLost: (_, __, begun) => story.push(`${name} lost${begun ? ' begun' : ''}`),
});

const ping = (): void => connection.ping((alive) => story.push(alive ? 'alive' : 'dead'));

describe('a command that comes to a connection that is closed', () => {
  it('is lost, later', async () => {
    transport.close(null);
    connection.expect(ReplyKind.query, statement('insert'), 0);
    expect(story).toEqual(['closed quiet']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(story).toEqual(['closed quiet', 'insert lost']);
    expect(connection.quiet).toBe(true);
  });
});

describe('ping', () => {
  it('says that the server lives, or answers with an error', () => {
    ping();
    expect(transport.written).toEqual([Buffer.from([1, 0, 0, 0, 0x0e])]);
    expect(connection.quiet).toBe(false);
    receive(OK);
    ping();
    receive(ERR);
    expect(story).toEqual(['alive', 'dead']);
    expect(connection.quiet).toBe(true);
  });

  it('stands before a statement that is sent meanwhile', () => {
    ping();
    connection.expect(ReplyKind.query, statement('insert'), 0);
    receive(OK, OK);
    expect(story).toEqual(['alive', 'insert done']);
  });

  it('of a connection that is lost: nobody else waited for a reply', () => {
    ping();
    transport.close(null);
    expect(story).toEqual(['closed quiet', 'dead']);
  });

  it('of a connection that is lost with a statement behind it: that is told by itself', () => {
    ping();
    connection.expect(ReplyKind.query, statement('insert'), 0);
    transport.close(new Error('ECONNRESET'));
    expect(story).toEqual(['closed busy ECONNRESET', 'dead', 'insert lost']);
  });

  it('is no news for anybody once weir has closed the connection', () => {
    ping();
    connection.quit();
    expect(transport.written.at(-1)).toEqual(Buffer.from([1, 0, 0, 0, 1]));
    expect(story).toEqual(['closed quiet']);
  });
});

describe('reset', () => {
  const reset = (): void =>
    connection.reset(
      (schema) => states.withSchema(INITIAL, schema),
      (clean) => story.push(clean ? 'clean' : 'unclean'),
    );

  it('sends it with what a login has set, forgets what the session had, and tells once', () => {
    connection.state = states.get('a', null, new Map([['wait_timeout', '5']]));
    connection.prepared.add({ key: 's' }, 1);
    connection.needsReset = true;
    reset();
    expect(connection.state).toBe(states.withSchema(INITIAL, 'a'));
    expect([connection.prepared.size, connection.needsReset]).toEqual([0, false]);
    const sent = Buffer.concat(transport.written).toString('latin1');
    expect(sent.startsWith('\x01\x00\x00\x00\x1f')).toBe(true);
    expect(sent).toContain(connection.login.setupSql);
    expect(sent).toContain('SET NAMES utf8mb4 COLLATE utf8mb4_general_ci, SESSION wait_timeout=28800');
    receive(OK, OK);
    expect(story).toEqual([]);
    receive(OK);
    expect(story).toEqual(['clean']);
  });

  it('is unclean when any part of it fails', () => {
    reset();
    receive(OK, ERR, OK);
    expect(story).toEqual(['unclean']);
  });

  it('is unclean when the connection is lost in between, told once', () => {
    reset();
    receive(OK);
    transport.close(null);
    expect(story).toEqual(['closed busy', 'unclean']);
  });
});

describe('endIfServerDid', () => {
  it('closes a quiet connection at the end of which the event loop has not been', () => {
    connection.endIfServerDid();
    expect(connection.isClosed).toBe(false);
    transport.unread = true;
    connection.endIfServerDid();
    expect(connection.isClosed).toBe(true);
    expect(story).toEqual(['closed quiet the server closed the connection']);
  });

  it('leaves one alone that is being answered', () => {
    transport.unread = true;
    ping();
    connection.endIfServerDid();
    expect(connection.isClosed).toBe(false);
  });
});

it('bytes without a command end a connection', () => {
  receive(ERR);
  expect(story).toEqual(['closed quiet the server sent bytes without a command']);
});

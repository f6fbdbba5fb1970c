import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BackendCredentials, type BackendIdentity, IdentityInterner } from '../../src/backend/identity.js';
import { type LoggedIn, type LoginFailure, type LoginTarget, logIn, TrackedVariables } from '../../src/backend/login/server-login.js';
import { Transports } from '../../src/net/transports.js';
import { sha2Stage1 } from '../../src/protocol/auth/caching-sha2.js';
import { nativeStage1 } from '../../src/protocol/auth/native-password.js';
import { Capability, MariadbCapability, ServerStatus } from '../../src/protocol/constants.js';
import { writeComQuery } from '../../src/protocol/packets/com-query.js';
import { sessionStateOf } from '../../src/protocol/packets/ok.js';
import { ReplyEvent, ReplyKind, ReplyTracker } from '../../src/protocol/reply-tracker.js';
import { PacketWriter } from '../../src/protocol/wire/writer.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { freePort, type RunningServer, startServer } from '../support/servers/index.js';

const BASE = Capability.multiStatements | Capability.multiResults | Capability.psMultiResults;
const transports = new Transports('direct', 0);
const tracked = new TrackedVariables();

const clear = (password: string): BackendCredentials => ({ clear: password, sha1: null, sha256: null });

function identity(username: string, credentials: BackendCredentials, capabilities = BASE | Capability.deprecateEof): BackendIdentity {
  return new IdentityInterner().get(username, capabilities, 0, 45, credentials);
}

function targetOf(port: number, changes: Partial<LoginTarget> = {}): LoginTarget {
  return { hostname: '127.0.0.1', port, useSsl: false, connectTimeoutMs: 5_000, ca: null, cert: null, key: null, ...changes };
}

type Outcome = { readonly loggedIn: LoggedIn } | { readonly failure: LoginFailure };

function attempt(target: LoginTarget, who: BackendIdentity, variables = tracked): Promise<Outcome> {
  return new Promise((resolve) => {
    logIn(
      transports,
      target,
      who,
      (loggedIn) => resolve({ loggedIn }),
      (failure) => resolve({ failure }),
      variables,
    );
  });
}

async function success(target: LoginTarget, who: BackendIdentity, variables = tracked): Promise<LoggedIn> {
  const outcome = await attempt(target, who, variables);
  if ('failure' in outcome) throw new Error(`${outcome.failure.phase}: ${outcome.failure.error.message}`);
  return outcome.loggedIn;
}

async function failure(target: LoginTarget, who: BackendIdentity): Promise<LoginFailure> {
  const outcome = await attempt(target, who);
  if ('failure' in outcome) return outcome.failure;
  outcome.loggedIn.transport.destroy();
  throw new Error('logged in');
}

interface Told {
  /** What the trackers said: `name=value`, `schema=…`, `state`. */
  readonly state: readonly string[];
  readonly status: number;
  readonly errno: number;
}

function query({ transport, capabilities, mariadbCapabilities }: LoggedIn, text: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    const tracker = new ReplyTracker(capabilities, mariadbCapabilities);
    const state: string[] = [];
    tracker.begin(ReplyKind.query);
    transport.sink = {
      onDrain() {},
      onClose: (cause) => reject(cause ?? new Error('closed')),
      onBytes(buffer, start, end) {
        for (let position = start; position < end && !tracker.done; ) {
          position = tracker.feed(buffer, position, end);
          if (tracker.event === ReplyEvent.ok) state.push(...describeState(tracker));
        }
        if (tracker.done) resolve({ state, status: tracker.statusFlags, errno: tracker.errno });
      },
    };
    const writer = new PacketWriter();
    writeComQuery(writer, text, capabilities);
    const bytes = writer.take();
    transport.write(bytes, 0, bytes.length, null);
  });
}

function describeState(tracker: ReplyTracker): string[] {
  return sessionStateOf(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd).map((entry) => {
    if (entry.type === 'systemVariable') return `${entry.name}=${entry.value}`;
    if (entry.type === 'schema') return `schema=${entry.schema}`;
    return entry.type === 'stateChange' ? 'state' : entry.type;
  });
}

describeEachFlavour('login to a server', (flavour) => {
  let server: RunningServer;
  const root = identity('root', clear('root'));

  beforeAll(async () => {
    server = await startServer({ flavour });
  });
  afterAll(async () => {
    await server?.stop();
  });

  async function asRoot(...statements: string[]): Promise<void> {
    const connection = await server.connect();
    for (const statement of statements) await connection.query(statement);
    await connection.end();
  }

  /** Waits until the server has only the connection that asks. */
  async function othersLeft(): Promise<number> {
    const connection = await server.connect();
    let left = Number.POSITIVE_INFINITY;
    for (let wait = 0; wait < 50 && left > 0; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const [rows] = await connection.query(
        "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user NOT IN ('system user', 'event_scheduler')",
      );
      left = (rows as { n: number }[])[0]!.n;
    }
    await connection.end();
    return left;
  }

  it('tells what it found', async () => {
    const login = await success(targetOf(server.port), root);
    expect(login).toMatchObject({
      flavour,
      supportsReset: true,
      baseCharset: 'utf8mb4',
      baseCollation: 'utf8mb4_general_ci',
      baseWaitTimeoutSec: 28_800,
      maxPreparedStatements: 16_382,
    });
    expect(login.serverVersion).toContain(server.version);
    expect(login.baseSqlMode).toContain('STRICT_TRANS_TABLES');
    expect(login.statusFlags).toBe(ServerStatus.autocommit);
    expect(login.connectionId).toBeGreaterThan(0);
    login.transport.destroy();
  });

  it.each(['direct', 'portable'] as const)('works over the %s transport, with DEPRECATE_EOF on and off', async (kind) => {
    for (const capabilities of [BASE, BASE | Capability.deprecateEof]) {
      const outcome = await new Promise<LoggedIn>((resolve, reject) => {
        const who = identity('root', clear('root'), capabilities);
        logIn(new Transports(kind, 0), targetOf(server.port), who, resolve, (f) => reject(new Error(f.error.message)), tracked);
      });
      expect(outcome.capabilities & Capability.deprecateEof).toBe(capabilities & Capability.deprecateEof);
      expect((await query(outcome, 'SELECT 1')).errno).toBe(0);
      outcome.transport.destroy();
    }
  });

  it('logs in over a Unix socket', async () => {
    const login = await success(targetOf(0, { hostname: server.socketPath }), root);
    expect((await query(login, 'DO 1')).errno).toBe(0);
    login.transport.destroy();
  });

  it('is refused with a wrong password and leaves nothing behind', async () => {
    const refused = await failure(targetOf(server.port), identity('root', clear('wrong')));
    expect(refused).toMatchObject({ phase: 'authentication', fromServer: true, error: { errno: 1045, sqlState: '28000' } });
    expect(await othersLeft()).toBe(0);
  });

  it('closes the socket when it gives up', async () => {
    let called = false;
    const giveUp = logIn(
      transports,
      targetOf(server.port),
      root,
      () => (called = true),
      () => (called = true),
      tracked,
    );
    giveUp();
    for (const delayMs of [1, 2, 3, 5, 8]) {
      const giveUpLater = logIn(
        transports,
        targetOf(server.port),
        identity('root', clear('wrong')),
        () => {},
        () => {},
        tracked,
      );
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      giveUpLater();
    }
    expect(await othersLeft()).toBe(0);
    expect(called).toBe(false);
  });

  it('hears nothing of the session behind a plain SELECT, and of each change', async () => {
    const login = await success(targetOf(server.port), root);
    expect((await query(login, 'SELECT 1')).status & ServerStatus.sessionStateChanged).toBe(0);
    expect((await query(login, 'DO 1')).state).toEqual([]);
    const reports: readonly (readonly [string, string])[] = [
      ["SET sql_mode=''", 'sql_mode='],
      ["SET time_zone='+01:00'", 'time_zone=+01:00'],
      ['SET autocommit=0', 'autocommit=OFF'],
      ['SET NAMES latin1', 'character_set_client=latin1'],
      ['SET group_concat_max_len=4000', 'group_concat_max_len=4000'],
      ['SET innodb_lock_wait_timeout=7', 'innodb_lock_wait_timeout=7'],
      ['SET timestamp=5', 'timestamp=5.000000'],
      ['SET pseudo_thread_id=9', 'pseudo_thread_id=9'],
      ['SET @x=1', 'state'],
      ['USE app', 'schema=app'],
      ['CREATE TEMPORARY TABLE t(a INT)', 'state'],
      ["PREPARE s FROM 'SELECT 1'", 'state'],
    ];
    for (const [text, report] of reports) expect((await query(login, text)).state, text).toContain(report);
    login.transport.destroy();
  });

  it('turns the trackers on again with the same text', async () => {
    const login = await success(targetOf(server.port), root);
    await query(login, "SET session_track_system_variables='', session_track_state_change=0");
    expect((await query(login, "SET sql_mode=''")).state).toEqual([]);
    expect((await query(login, login.setupSql)).errno).toBe(0);
    expect((await query(login, "SET sql_mode='ANSI'")).state).toContain('state');
    login.transport.destroy();
  });

  it('names the flags that the server lacks', async () => {
    const who = new IdentityInterner().get('root', BASE, MariadbCapability.comMulti, 45, clear('root'));
    const refused = await failure(targetOf(server.port), who);
    expect(refused).toMatchObject({ phase: 'handshake', fromServer: false });
    expect(refused.error.message).toContain('comMulti');
  });

  if (flavour === 'mariadb') {
    it('answers mysql_native_password with a hash, without a password, and gets the extended capabilities', async () => {
      const sha1 = nativeStage1('root');
      const extended = MariadbCapability.extendedMetadata | MariadbCapability.cacheMetadata;
      const who = new IdentityInterner().get('root', BASE, extended, 45, { clear: null, sha1, sha256: null });
      const login = await success(targetOf(server.port), who);
      expect(login.mariadbCapabilities).toBe(extended);
      login.transport.destroy();
      await asRoot("CREATE USER login_test@'%' IDENTIFIED BY ''");
      (await success(targetOf(server.port), identity('login_test', clear('')))).transport.destroy();
    });

    it('says that the server has no TLS', async () => {
      const refused = await failure(targetOf(server.port, { useSsl: true }), root);
      expect(refused).toMatchObject({ phase: 'handshake', fromServer: false });
      expect(refused.error.message).toContain('ssl');
    });
  } else {
    const create = (name: string): string[] => [`CREATE USER ${name}@'%' IDENTIFIED WITH caching_sha2_password BY 'secret'`];

    it('proves a password by RSA first, then by its hash', async () => {
      await asRoot(...create('rsa'));
      const hash: BackendCredentials = { clear: null, sha1: null, sha256: sha2Stage1('secret') };
      const early = await failure(targetOf(server.port), identity('rsa', hash));
      expect(early).toMatchObject({ phase: 'authentication', fromServer: false });
      expect(early.error.message).toContain('only a hash of the password is known');
      (await success(targetOf(server.port), identity('rsa', clear('secret')))).transport.destroy();
      (await success(targetOf(server.port), identity('rsa', hash))).transport.destroy();
    });

    it('proves a password in clear over TLS and over the Unix socket', async () => {
      await asRoot(...create('tls'), ...create('unix'));
      const login = await success(targetOf(server.port, { useSsl: true }), identity('tls', clear('secret')));
      expect(login.transport.encrypted).toBe(true);
      expect((await query(login, 'DO 1')).errno).toBe(0);
      login.transport.destroy();
      const socket = targetOf(0, { hostname: server.socketPath });
      (await success(socket, identity('unix', clear('secret')))).transport.destroy();
    });

    it('refuses a server whose certificate the given authority did not sign, and a key that is none', async () => {
      const ca = '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n';
      for (const changes of [{ ca }, { cert: 'none', key: 'none' }]) {
        const refused = await failure(targetOf(server.port, { useSsl: true, ...changes }), root);
        expect(refused).toMatchObject({ phase: 'handshake', fromServer: false, error: { errno: 2026 } });
      }
    });

    it('tracks every variable of the session scope', async () => {
      const variables = new TrackedVariables();
      const login = await success(targetOf(server.port), root, variables);
      const list = new Set(variables.get(login.serverVersion)?.split(','));
      login.transport.destroy();
      const connection = await server.connect();
      const [rows] = await connection.query('SHOW SESSION VARIABLES');
      const ofSession: string[] = [];
      for (const { Variable_name: name } of rows as { Variable_name: string }[]) {
        await connection.query(`SELECT @@SESSION.${name}`).then(
          () => ofSession.push(name),
          () => {},
        );
      }
      await connection.end();
      expect(ofSession.length).toBeGreaterThan(100);
      expect(ofSession.filter((name) => !list.has(name))).toEqual(['error_count', 'gtid_owned', 'statement_id', 'warning_count']);
    });
  }
});

describe('login to what is no server', () => {
  const root = identity('root', clear('root'));
  const sockets = new Set<Socket>();
  let listener: Server;
  let port = 0;
  let greeting: Buffer | null = null;

  beforeAll(async () => {
    listener = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
      socket.resume();
      if (greeting !== null) socket.write(greeting);
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    port = address !== null && typeof address === 'object' ? address.port : 0;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });

  const closed = async (): Promise<void> => {
    for (let wait = 0; wait < 50 && sockets.size > 0; wait++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sockets.size).toBe(0);
  };

  it('fails to connect to a port where nobody listens, and to a port that is none', async () => {
    const nobody = await failure(targetOf(await freePort()), root);
    expect(nobody).toMatchObject({ phase: 'connect', fromServer: false, error: { errno: 2003 } });
    expect((await failure(targetOf(70_000), root)).phase).toBe('connect');
    expect((await failure(targetOf(0, { hostname: '/nowhere.sock' }), root)).error.errno).toBe(2002);
  });

  it('waits no longer than it may for a server that says nothing', async () => {
    greeting = null;
    const started = Date.now();
    const late = await failure(targetOf(port, { connectTimeoutMs: 200 }), root);
    expect(late).toMatchObject({ phase: 'handshake', fromServer: false, error: { errno: 2013 } });
    expect(Date.now() - started).toBeLessThan(1_000);
    await closed();
  });

  it('hands on the ERR of a server that is full', async () => {
    const payload = Buffer.concat([Buffer.from([0xff, 0x10, 0x04]), Buffer.from('#08004Too many connections')]);
    greeting = Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload]);
    const full = await failure(targetOf(port), root);
    expect(full).toEqual({
      phase: 'handshake',
      fromServer: true,
      error: { errno: 1040, sqlState: '08004', message: 'Too many connections' },
    });
    await closed();
  });

  it('refuses what is no handshake', async () => {
    greeting = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');
    const odd = await failure(targetOf(port), root);
    expect(odd).toMatchObject({ phase: 'handshake', fromServer: false, error: { errno: 2027 } });
    await closed();
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { ServerError } from '../../../src/base/errors.js';
import type { ConfigSnapshot, ServerIdentity, UserConfig } from '../../../src/config/snapshot.js';
import { CachingSha2, clearPasswordPayload, encryptPassword, sha2ResponseOfPassword } from '../../../src/protocol/auth/caching-sha2.js';
import { nativeResponseOfPassword } from '../../../src/protocol/auth/native-password.js';
import { Capability } from '../../../src/protocol/constants.js';
import { readAuthSwitchRequest } from '../../../src/protocol/packets/auth-switch-request.js';
import { writeComChangeUser } from '../../../src/protocol/packets/com-change-user.js';
import { type HandshakeResponse41, writeHandshakeResponse41 } from '../../../src/protocol/packets/handshake-response-41.js';
import { type HandshakeV10, readHandshakeV10 } from '../../../src/protocol/packets/handshake-v10.js';
import { PacketWriter } from '../../../src/protocol/wire/writer.js';
import { type BackendUserTable, NO_BACKEND_USERS } from '../../../src/session/login/backend-user-table.js';
import { ChangeUserLogin } from '../../../src/session/login/change-user-login.js';
import { ClientLogin } from '../../../src/session/login/client-login.js';
import type { LoginEnvironment, LoginResult } from '../../../src/session/login/login-types.js';
import { Sha2Cache } from '../../../src/session/login/sha2-cache.js';

export const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

export const MYSQL: ServerIdentity = {
  version: '8.4.3',
  flavour: 'mysql',
  capabilities: 0xffff_ffff,
  mariadbCapabilities: 0,
  collation: 255,
  authPlugin: 'caching_sha2_password',
};
export const MARIADB: ServerIdentity = {
  version: '11.4.2-MariaDB',
  flavour: 'mariadb',
  capabilities: 0xffff_fffe,
  mariadbCapabilities: 0x3f,
  collation: 45,
  authPlugin: 'mysql_native_password',
};

export const user = (username: string, password: string, more: Partial<UserConfig> = {}): UserConfig => ({
  username,
  password,
  additionalPasswords: [],
  defaultHostgroup: 1 as UserConfig['defaultHostgroup'],
  defaultSchema: null,
  schemaLocked: false,
  transactionPersistent: true,
  maxConnections: 0,
  useSsl: false,
  ...more,
});

/** Replaceable as the real one is: `users` is read at each use. */
export class TestEnvironment implements LoginEnvironment {
  readonly secureContext = createSecureContext();
  readonly sha2Cache = new Sha2Cache();
  readonly stats = { counters: { clientConnectionsSha2Cached: 0 } };
  backendUsers = NO_BACKEND_USERS;
  /** What the servers have when they are asked again; null: `users_from_backend` is off. */
  onServers: BackendUserTable | null = null;
  refreshes = 0;
  users: readonly UserConfig[];
  constructor(
    readonly identity: ServerIdentity,
    ...users: UserConfig[]
  ) {
    this.users = users;
  }
  /** mysql-default_schema. */
  defaultSchema = '';

  get snapshot(): ConfigSnapshot {
    const variables = { localInfile: true, defaultSchema: this.defaultSchema, usersFromBackend: this.onServers !== null };
    return { users: this.users, rsa, variables } as unknown as ConfigSnapshot;
  }
  refreshBackendUsers(_username: string, onDone: () => void): void {
    this.refreshes++;
    this.backendUsers = this.onServers ?? NO_BACKEND_USERS;
    onDone();
  }
}

export interface ClientOptions {
  readonly username: string;
  readonly password: string;
  /** Plugin that the client begins with; the greeting's by default. */
  readonly plugin?: string;
  /** As libmysqlclient does where its plugin is not the greeting's: no response in the first packet. */
  readonly silentFirst?: boolean;
  readonly secure?: boolean;
  readonly encrypted?: boolean;
  readonly address?: string;
  /** Has the RSA key already. */
  readonly hasKey?: boolean;
  readonly response?: Partial<HandshakeResponse41>;
}

const KEPT =
  Capability.protocol41 | Capability.secureConnection | Capability.pluginAuth | Capability.connectAttrs | Capability.longPassword;

/** A client that answers whatever it is asked, and writes down what it was asked. */
export class TestClient {
  /** E.g. `greeting`, `switch mysql_native_password`, `full`, `key`, `fast`, `accept 2`, `refuse 1045 2`. */
  readonly story: string[] = [];
  result: LoginResult | null = null;
  error: ServerError | null = null;
  tlsRequests = 0;
  greeting: HandshakeV10 | null = null;
  readonly login: ClientLogin;
  private machine: ClientLogin | ChangeUserLogin;
  private plugin = '';
  private readonly asked: Buffer[] = [];

  constructor(
    private readonly environment: TestEnvironment,
    private options: ClientOptions,
  ) {
    this.login = new ClientLogin(
      environment,
      77,
      '10.0.0.9',
      { ...this.output(), upgradeToTls: () => this.tlsRequests++ },
      options.address ?? (options.secure ? '' : '10.0.0.9'),
    );
    this.machine = this.login;
    this.login.start();
    const bytes = this.asked.shift()!;
    this.greeting = readHandshakeV10(bytes, 4, bytes.length);
  }

  /** From the answer to the greeting to the end. */
  run(): this {
    if (this.options.encrypted) {
      this.sslRequest();
      this.login.tlsStarted();
    }
    const sequence = this.options.encrypted ? 2 : 1;
    this.send(sequence, this.firstResponse());
    return this.converse();
  }

  changeUser(options: ClientOptions): this {
    this.options = options;
    this.story.length = 0;
    this.asked.length = 0;
    const agreed = this.result!;
    this.result = null;
    this.plugin = options.plugin ?? 'mysql_native_password';
    const login = new ChangeUserLogin(this.environment, this.login.channel, agreed, this.output());
    this.machine = login;
    const writer = new PacketWriter(0);
    const authResponse = options.silentFirst ? new Uint8Array(0) : this.responseTo(this.greeting!.scramble);
    const { username } = options;
    writeComChangeUser(writer, { username, authResponse, schema: 'shop', collation: 33, authPlugin: this.plugin }, agreed.capabilities);
    const bytes = writer.take();
    login.start(bytes, 4, bytes.length, 0);
    return this.converse();
  }

  sslRequest(): void {
    const bytes = Buffer.alloc(40);
    bytes.writeUInt32LE((KEPT | Capability.ssl) >>> 0, 4);
    this.login.onPacket(bytes, 4, 36, 1);
  }

  firstResponse(): Buffer {
    const greeting = this.greeting!;
    this.plugin = this.options.plugin ?? greeting.authPlugin;
    const response: HandshakeResponse41 = {
      capabilities: KEPT | (this.options.encrypted ? Capability.ssl : 0),
      mariadbCapabilities: 0,
      maxPacketBytes: 1 << 24,
      collation: 45,
      username: this.options.username,
      authResponse: this.options.silentFirst ? new Uint8Array(0) : this.responseTo(greeting.scramble),
      schema: '',
      authPlugin: this.plugin,
      connectAttributes: [],
      zstdLevel: 0,
      ...this.options.response,
    };
    const writer = new PacketWriter(1);
    writeHandshakeResponse41(writer, response);
    return writer.take().subarray(4);
  }

  send(sequence: number, payload: Uint8Array): void {
    this.machine.onPacket(Buffer.from(payload), 0, payload.length, sequence);
  }

  private output() {
    return {
      send: (bytes: Buffer) => void this.asked.push(bytes),
      accept: (result: LoginResult) => {
        this.result = result;
      },
      refuse: (error: ServerError, sequence: number) => {
        this.error = error;
        this.story.push(`refuse ${error.errno} ${sequence}`);
      },
    };
  }

  private converse(): this {
    for (let bytes = this.asked.shift(); bytes !== undefined; bytes = this.asked.shift()) {
      const answer = this.answer(bytes.subarray(4));
      if (answer !== null) this.send((bytes[3]! + 1) & 0xff, answer);
    }
    if (this.result !== null) this.story.push(`accept ${this.result.sequence}`);
    return this;
  }

  private answer(payload: Buffer): Uint8Array | null {
    const { password } = this.options;
    const scramble = this.greeting!.scramble;
    if (payload[0] === 0xfe) {
      const { authPlugin, data } = readAuthSwitchRequest(payload, 0, payload.length);
      this.story.push(`switch ${authPlugin}`);
      this.plugin = authPlugin;
      return this.responseTo(data);
    }
    if (payload[1] === CachingSha2.fastAuthSuccess) {
      this.story.push('fast');
      return null;
    }
    if (payload[1] === CachingSha2.fullAuthentication && payload.length === 2) {
      this.story.push('full');
      if (this.options.secure || this.options.encrypted) return clearPasswordPayload(password);
      return this.options.hasKey ? encryptPassword(password, scramble, rsa.publicKey) : Uint8Array.of(CachingSha2.requestPublicKey);
    }
    this.story.push('key');
    return encryptPassword(password, scramble, payload.subarray(1));
  }

  private responseTo(scramble: Uint8Array): Uint8Array {
    const { password } = this.options;
    if (this.plugin === 'mysql_native_password') return nativeResponseOfPassword(password, scramble);
    if (this.plugin !== 'caching_sha2_password') return Buffer.from('from another plugin');
    return password === '' ? Uint8Array.of(0) : sha2ResponseOfPassword(password, scramble);
  }
}

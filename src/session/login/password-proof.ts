import type { BackendCredentials } from '../../backend/identity.js';
import { type ServerError, weirError } from '../../base/errors.js';
import type { UserConfig } from '../../config/snapshot.js';
import {
  CachingSha2,
  decryptPassword,
  readClearPassword,
  SHA2_RESPONSE_BYTES,
  verifySha2Password,
  verifySha2Response,
} from '../../protocol/auth/caching-sha2.js';
import { verifyNativePassword, verifyNativeResponse } from '../../protocol/auth/native-password.js';
import { AuthPlugin } from '../../protocol/auth/plugins.js';
import { writeAuthMoreData } from '../../protocol/packets/auth-more-data.js';
import { writeAuthSwitchRequest } from '../../protocol/packets/auth-switch-request.js';
import { ProtocolViolation } from '../../protocol/wire/protocol-violation.js';
import { PacketWriter } from '../../protocol/wire/writer.js';
import { type Account, findAccount, isRightPassword } from './account.js';
import type { LoginChannel, LoginEnvironment } from './login-types.js';
import { isVerifiedPlugin, type VerifiedPlugin } from './offered-capabilities.js';

/** What a client says about itself in its first packet. */
export interface Claim {
  readonly username: string;
  /** '' when the client knows no plugins: its response is one of mysql_native_password, and it can not be asked for another. */
  readonly plugin: string;
  readonly canSwitchPlugin: boolean;
  /** Read only while `begin` runs. */
  readonly response: Uint8Array;
  /**
   * Whether `plugin` had a scramble when it made `response`. If not, an empty response (or the single NUL of caching_sha2_password) is
   * no answer but a request to be asked.
   */
  readonly sawScramble: boolean;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface ProofOutput {
  send(bytes: Buffer): void;
  proved(user: UserConfig, credentials: BackendCredentials, sequence: number): void;
  refused(error: ServerError, sequence: number): void;
}

type ProofState =
  | { readonly name: 'begun' }
  | { readonly name: 'switched'; readonly plugin: VerifiedPlugin }
  | { readonly name: 'passwordAsked' }
  | { readonly name: 'keySent' }
  | { readonly name: 'ended' };

type Verdict =
  /** `fast`: the client waits for a byte that says so before the OK. */
  | { readonly name: 'proved'; readonly credentials: BackendCredentials; readonly fast: boolean }
  /** Only the password itself can decide. */
  | { readonly name: 'passwordNeeded' }
  | { readonly name: 'denied' };

const DENIED: Verdict = { name: 'denied' };
const NO_CREDENTIALS: BackendCredentials = { clear: null, sha1: null, sha256: null };
const proved = (known: Partial<BackendCredentials>): Verdict => ({
  name: 'proved',
  credentials: { ...NO_CREDENTIALS, ...known },
  fast: false,
});
const provedFast = (known: Partial<BackendCredentials>): Verdict => ({
  name: 'proved',
  credentials: { ...NO_CREDENTIALS, ...known },
  fast: true,
});

/** How a client proves its password, from its first answer to the verdict; the same for a new connection and for COM_CHANGE_USER. */
export class PasswordProof {
  private state: ProofState = { name: 'begun' };
  private readonly account: Account;
  private usingPassword = false;
  /** Of weir's next packet. */
  private sequence = 0;

  constructor(
    private readonly environment: LoginEnvironment,
    private readonly channel: LoginChannel,
    private readonly claim: Claim,
    private readonly output: ProofOutput,
  ) {
    this.account = findAccount(environment.snapshot.users, claim.username);
  }

  /** @param sequence of the packet that the claim came in */
  begin(sequence: number): void {
    this.sequence = (sequence + 1) & 0xff;
    const { claim } = this;
    const plugin = this.choosePlugin();
    const claimed = claim.plugin === '' ? AuthPlugin.nativePassword : claim.plugin;
    if (plugin === claimed && this.isAnswer(claim.response)) this.conclude(this.check(plugin, claim.response));
    else if (claim.canSwitchPlugin) this.switchTo(plugin);
    else this.refuse(weirError('authProtocolUnsupported'));
  }

  /** @throws ProtocolViolation for a password without its end, or a packet that nobody asked for */
  onPacket(payload: Uint8Array, sequence: number): void {
    this.sequence = (sequence + 1) & 0xff;
    switch (this.state.name) {
      case 'switched':
        this.conclude(this.check(this.state.plugin, payload));
        break;
      case 'passwordAsked':
        if (isKeyRequest(payload)) this.sendKey();
        else this.conclude(this.checkPassword(this.channel.secure ? readClearPassword(payload) : this.decrypt(payload)));
        break;
      case 'keySent':
        this.conclude(this.checkPassword(this.decrypt(payload)));
        break;
      case 'begun':
      case 'ended':
        throw new ProtocolViolation(`a packet of ${payload.length} bytes while no answer of the login is awaited`);
    }
  }

  /** The plugin that this account is verified with: the client's own wherever it can lead to a proof. */
  private choosePlugin(): VerifiedPlugin {
    const { claim, account, channel } = this;
    const fallback = claim.plugin === '' ? AuthPlugin.nativePassword : channel.greetingPlugin;
    const preferred = isVerifiedPlugin(claim.plugin) ? claim.plugin : fallback;
    switch (account.stored.kind) {
      case 'empty':
      case 'clear':
        return preferred;
      case 'nativeHash':
        return preferred === AuthPlugin.cachingSha2 && this.canProveNativeHashBySha2() ? preferred : AuthPlugin.nativePassword;
      case 'sha2Hash':
        return AuthPlugin.cachingSha2;
    }
  }

  /** Without any of these the client would have to trust an RSA key of weir's, which most clients refuse; mysql_native_password needs none. */
  private canProveNativeHashBySha2(): boolean {
    return this.channel.secure || this.cachedStage2() !== null || lacksNativePassword(this.claim.attributes);
  }

  private cachedStage2(): Buffer | null {
    const { user, username } = this.account;
    return user === null ? null : this.environment.sha2Cache.get(username, user.password);
  }

  private isAnswer(response: Uint8Array): boolean {
    return this.claim.sawScramble || !isEmptyResponse(response);
  }

  private check(plugin: VerifiedPlugin, response: Uint8Array): Verdict {
    if (isEmptyResponse(response)) return this.account.stored.kind === 'empty' ? proved({ clear: '' }) : DENIED;
    this.usingPassword = true;
    return plugin === AuthPlugin.nativePassword ? this.checkNative(response) : this.checkSha2(response);
  }

  private checkNative(response: Uint8Array): Verdict {
    const { stored } = this.account;
    const { scramble } = this.channel;
    switch (stored.kind) {
      case 'clear':
        return verifyNativePassword(response, scramble, stored.password) ? proved({ clear: stored.password }) : DENIED;
      case 'nativeHash': {
        const sha1 = verifyNativeResponse(response, scramble, stored.stage2);
        return sha1 === null ? DENIED : proved({ sha1 });
      }
      case 'empty':
      case 'sha2Hash':
        return DENIED;
    }
  }

  private checkSha2(response: Uint8Array): Verdict {
    const { stored } = this.account;
    switch (stored.kind) {
      case 'clear':
        return verifySha2Password(response, this.channel.scramble, stored.password) ? provedFast({ clear: stored.password }) : DENIED;
      case 'nativeHash':
      case 'sha2Hash':
        return this.checkSha2Hash(response);
      case 'empty':
        return DENIED;
    }
  }

  private checkSha2Hash(response: Uint8Array): Verdict {
    if (response.length !== SHA2_RESPONSE_BYTES) return DENIED;
    const stage2 = this.cachedStage2();
    if (stage2 === null) return { name: 'passwordNeeded' };
    const sha256 = verifySha2Response(response, this.channel.scramble, stage2);
    return sha256 === null ? DENIED : provedFast({ sha256 });
  }

  private decrypt(payload: Uint8Array): string | null {
    return decryptPassword(payload, this.channel.scramble, this.environment.snapshot.rsa.privateKey);
  }

  /** @param password null when it could not be decrypted */
  private checkPassword(password: string | null): Verdict {
    const { user, username, stored } = this.account;
    if (password === null || user === null || !isRightPassword(stored, password)) return DENIED;
    this.environment.sha2Cache.remember(username, user.password, password);
    return proved({ clear: password });
  }

  private conclude(verdict: Verdict): void {
    switch (verdict.name) {
      case 'proved':
        this.admit(verdict.credentials, verdict.fast);
        break;
      case 'passwordNeeded':
        this.replyMoreData(Uint8Array.of(CachingSha2.fullAuthentication));
        this.state = { name: 'passwordAsked' };
        break;
      case 'denied':
        this.deny();
        break;
    }
  }

  private admit(credentials: BackendCredentials, fast: boolean): void {
    const user = this.stillValid();
    if (user === null) {
      this.deny();
      return;
    }
    if (fast) this.replyMoreData(Uint8Array.of(CachingSha2.fastAuthSuccess));
    this.state = { name: 'ended' };
    this.output.proved(user, credentials, this.sequence);
  }

  /**
   * The account as it is now: it may have been taken away or changed since the client named it. One that demands TLS (`use_ssl`) is denied
   * as with a wrong password, which is what servers do for REQUIRE SSL.
   */
  private stillValid(): UserConfig | null {
    const { user, username } = this.account;
    if (user === null) return null;
    const now = findAccount(this.environment.snapshot.users, username).user;
    if (now === null || now.password !== user.password) return null;
    return now.useSsl && !this.channel.encrypted ? null : now;
  }

  private deny(): void {
    const usingPassword = this.usingPassword ? 'YES' : 'NO';
    this.refuse(weirError('accessDenied', { user: this.claim.username, host: this.channel.clientAddress, usingPassword }));
  }

  private refuse(error: ServerError): void {
    this.state = { name: 'ended' };
    this.output.refused(error, this.sequence);
  }

  private switchTo(plugin: VerifiedPlugin): void {
    this.reply((writer) => writeAuthSwitchRequest(writer, { authPlugin: plugin, data: this.channel.scramble }));
    this.state = { name: 'switched', plugin };
  }

  private sendKey(): void {
    this.replyMoreData(Buffer.from(this.environment.snapshot.rsa.publicKey));
    this.state = { name: 'keySent' };
  }

  private replyMoreData(data: Uint8Array): void {
    this.reply((writer) => writeAuthMoreData(writer, data));
  }

  private reply(write: (writer: PacketWriter) => void): void {
    const writer = new PacketWriter(this.sequence);
    write(writer);
    this.sequence = writer.sequence;
    this.output.send(writer.take());
  }
}

/** No response, or the single NUL by which caching_sha2_password says that there is no password. */
const isEmptyResponse = (response: Uint8Array): boolean => response.length === 0 || (response.length === 1 && response[0] === 0);

const isKeyRequest = (payload: Uint8Array): boolean => payload.length === 1 && payload[0] === CachingSha2.requestPublicKey;

/** libmysqlclient came without mysql_native_password from 9.0 on; drivers with version numbers of their own still have it. */
function lacksNativePassword(attributes: ReadonlyMap<string, string>): boolean {
  const isLibmysql = (attributes.get('_client_name') ?? 'libmysql') === 'libmysql';
  return isLibmysql && Number.parseInt(attributes.get('_client_version') ?? '0', 10) >= 9;
}

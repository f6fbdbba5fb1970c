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
import { type Account, findAccount, isRightPassword, isSameAccount, type KnownPassword } from './account.js';
import type { LoginChannel, LoginEnvironment } from './login-types.js';
import { isVerifiedPlugin, type VerifiedPlugin } from './offered-capabilities.js';
import type { ProvedPassword } from './sha2-cache.js';

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
  /** Denied so far; the servers' user tables are being read again. */
  | { readonly name: 'refreshing' }
  | { readonly name: 'ended' };

type Verdict =
  /** `fast`: the client waits for a byte that says so before the OK. */
  | { readonly name: 'proved'; readonly credentials: BackendCredentials; readonly fast: boolean }
  /** Only the password itself can decide. */
  | { readonly name: 'passwordNeeded' }
  | { readonly name: 'denied' };

/** What the client has shown of its password; judged anew when the account turns out to have changed. */
type Evidence = { readonly plugin: VerifiedPlugin; readonly response: Uint8Array } | { readonly password: string | null };

const DENIED: Verdict = { name: 'denied' };
const NOTHING_KNOWN: BackendCredentials = { clear: null, sha1: null, sha256: null };
const PASSWORD_NEEDED: Verdict = { name: 'passwordNeeded' };

/** How a client proves its password, from its first answer to the verdict; the same for a new connection and for COM_CHANGE_USER. */
export class PasswordProof {
  private state: ProofState = { name: 'begun' };
  private account: Account;
  private usingPassword = false;
  private evidence: Evidence = { password: null };
  private refreshed = false;
  /** Of weir's next packet. */
  private sequence = 0;

  constructor(
    private readonly environment: LoginEnvironment,
    private readonly channel: LoginChannel,
    private readonly claim: Claim,
    private readonly output: ProofOutput,
  ) {
    this.account = this.lookUp();
  }

  /** @param sequence of the packet that the claim came in */
  begin(sequence: number): void {
    this.sequence = (sequence + 1) & 0xff;
    const { claim } = this;
    const claimed = claim.plugin === '' ? AuthPlugin.nativePassword : claim.plugin;
    const plugin = this.choosePlugin();
    if (plugin === claimed && this.isAnswer(claim.response)) this.conclude(this.check(plugin, claim.response));
    else this.ask(plugin);
  }

  /** The client is gone: nothing more is called. */
  cancel(): void {
    this.state = { name: 'ended' };
  }

  private ask(plugin: VerifiedPlugin): void {
    if (this.claim.canSwitchPlugin) this.switchTo(plugin);
    else this.refuse(weirError('authProtocolUnsupported'));
  }

  private lookUp(): Account {
    const { snapshot, backendUsers } = this.environment;
    return findAccount({ users: snapshot.users, backendUsers }, this.claim.username, this.channel.remoteAddress);
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
      case 'refreshing':
      case 'ended':
        throw new ProtocolViolation(`a packet of ${payload.length} bytes while no answer of the login is awaited`);
    }
  }

  /** The plugin that this account is verified with: the client's own wherever it can lead to a proof. */
  private choosePlugin(): VerifiedPlugin {
    const { claim, account, channel } = this;
    const fallback = claim.plugin === '' ? AuthPlugin.nativePassword : channel.greetingPlugin;
    const preferred = isVerifiedPlugin(claim.plugin) ? claim.plugin : fallback;
    const kinds = account.passwords.map(({ stored }) => stored.kind);
    if (kinds.includes('sha2Hash')) return AuthPlugin.cachingSha2;
    if (!kinds.includes('nativeHash')) return preferred;
    return preferred === AuthPlugin.cachingSha2 && this.canProveNativeHashBySha2() ? preferred : AuthPlugin.nativePassword;
  }

  /** Without any of these the client would have to trust an RSA key of weir's, which most clients refuse; mysql_native_password needs none. */
  private canProveNativeHashBySha2(): boolean {
    const cached = this.account.passwords.some(({ text }) => this.proofOf(text) !== null);
    return this.channel.secure || cached || lacksNativePassword(this.claim.attributes);
  }

  private proofOf(text: string): ProvedPassword | null {
    const { user, username } = this.account;
    return user === null ? null : this.environment.sha2Cache.get(username, text);
  }

  private isAnswer(response: Uint8Array): boolean {
    return this.claim.sawScramble || !isEmptyResponse(response);
  }

  /** Judges by each password of the account in turn. */
  private check(plugin: VerifiedPlugin, response: Uint8Array): Verdict {
    this.evidence = { plugin, response: Uint8Array.from(response) };
    const isEmpty = isEmptyResponse(response);
    this.usingPassword = !isEmpty;
    let verdict = DENIED;
    for (const known of this.account.passwords) {
      const next = isEmpty ? this.checkEmpty(known) : this.checkResponse(plugin, response, known);
      if (next.name === 'proved') return next;
      if (next.name === 'passwordNeeded') verdict = next;
    }
    return verdict;
  }

  private checkEmpty(known: KnownPassword): Verdict {
    return known.stored.kind === 'empty' ? this.proved(known, { clear: '' }) : DENIED;
  }

  private checkResponse(plugin: VerifiedPlugin, response: Uint8Array, known: KnownPassword): Verdict {
    return plugin === AuthPlugin.nativePassword ? this.checkNative(response, known) : this.checkSha2(response, known);
  }

  private checkNative(response: Uint8Array, known: KnownPassword): Verdict {
    const { stored, text } = known;
    const { scramble } = this.channel;
    switch (stored.kind) {
      case 'clear':
        return verifyNativePassword(response, scramble, stored.password) ? this.proved(known, { clear: stored.password }) : DENIED;
      case 'nativeHash': {
        const sha1 = verifyNativeResponse(response, scramble, stored.stage2);
        return sha1 === null ? DENIED : this.proved(known, { sha1, clear: this.proofOf(text)?.password ?? null });
      }
      case 'empty':
      case 'sha2Hash':
        return DENIED;
    }
  }

  private checkSha2(response: Uint8Array, known: KnownPassword): Verdict {
    const { stored } = known;
    switch (stored.kind) {
      case 'clear':
        return verifySha2Password(response, this.channel.scramble, stored.password)
          ? this.proved(known, { clear: stored.password }, true)
          : DENIED;
      case 'nativeHash':
      case 'sha2Hash':
        return this.checkSha2Hash(response, known);
      case 'empty':
        return DENIED;
    }
  }

  private checkSha2Hash(response: Uint8Array, known: KnownPassword): Verdict {
    if (response.length !== SHA2_RESPONSE_BYTES) return DENIED;
    const cached = this.proofOf(known.text);
    if (cached === null) return PASSWORD_NEEDED;
    const sha256 = verifySha2Response(response, this.channel.scramble, cached.stage2);
    if (sha256 === null) return DENIED;
    this.environment.stats.counters.clientConnectionsSha2Cached++;
    return this.proved(known, { sha256, clear: cached.password }, true);
  }

  private proved(known: KnownPassword, proof: Partial<BackendCredentials>, fast = false): Verdict {
    const others = this.account.passwords.filter((other) => other !== known);
    const texts = [known.text, ...others.map(({ text }) => text)];
    const inClear = others.flatMap(({ stored }) => (stored.kind === 'clear' ? [stored.password] : []));
    const [clear] = inClear;
    const alternative = clear === undefined ? null : { ...NOTHING_KNOWN, clear, passwords: [clear] };
    return { name: 'proved', fast, credentials: { ...NOTHING_KNOWN, ...proof, passwords: texts, alternative } };
  }

  private decrypt(payload: Uint8Array): string | null {
    return decryptPassword(payload, this.channel.scramble, this.environment.snapshot.rsa.privateKey);
  }

  /** @param password null when it could not be decrypted */
  private checkPassword(password: string | null): Verdict {
    this.evidence = { password };
    const { user, username, passwords } = this.account;
    if (password === null || user === null) return DENIED;
    const known = passwords.find(({ stored }) => isRightPassword(stored, password));
    if (known === undefined) return DENIED;
    this.environment.sha2Cache.remember(username, known.text, password);
    return this.proved(known, { clear: password });
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
    const account = this.stillValid();
    if (account?.user === null || account === null) {
      this.deny();
    } else if (account.origin?.locked === true) {
      this.refuseUnlessChanged(this.locked());
    } else {
      if (fast) this.replyMoreData(Uint8Array.of(CachingSha2.fastAuthSuccess));
      this.state = { name: 'ended' };
      this.output.proved(account.user, credentials, this.sequence);
    }
  }

  /**
   * The account as it is now: it may have been taken away or changed since the client named it. One that demands TLS (`use_ssl`) is denied
   * as with a wrong password, which is what servers do for REQUIRE SSL.
   */
  private stillValid(): Account | null {
    const now = this.lookUp();
    if (now.user === null || !isSameAccount(now, this.account)) return null;
    return now.user.useSsl && !this.channel.encrypted ? null : now;
  }

  private deny(): void {
    const { origin } = this.account;
    if (origin !== null && origin.unusable !== '') {
      this.refuseUnlessChanged(weirError('accountUnusable', { user: origin.username, host: origin.host }, { detail: origin.unusable }));
      return;
    }
    const usingPassword = this.usingPassword ? 'YES' : 'NO';
    const { username } = this.claim;
    this.refuseUnlessChanged(weirError('accessDenied', { user: username, host: this.channel.clientAddress, usingPassword }));
  }

  /** In the words of the server whose account it is. */
  private locked(): ServerError {
    if (this.environment.identity.flavour === 'mariadb') return weirError('accountLockedMariadb');
    return weirError('accountLocked', { user: this.claim.username, host: this.channel.clientAddress });
  }

  /** A server may know better by now: its user table is read again, once, before its own account (or none) is refused. */
  private refuseUnlessChanged(error: ServerError): void {
    const { user, origin } = this.account;
    const mayHaveChanged = this.environment.snapshot.variables.usersFromBackend && (user === null || origin !== null);
    if (this.refreshed || !mayHaveChanged) {
      this.refuse(error);
      return;
    }
    this.refreshed = true;
    this.state = { name: 'refreshing' };
    this.environment.refreshBackendUsers(this.claim.username, () => {
      if (this.state.name === 'refreshing') this.judgeAgain(error);
    });
  }

  private judgeAgain(error: ServerError): void {
    const before = this.account;
    this.account = this.lookUp();
    if (isSameAccount(before, this.account)) {
      this.refuse(error);
      return;
    }
    this.state = { name: 'begun' };
    const { evidence } = this;
    if ('password' in evidence) {
      this.conclude(this.checkPassword(evidence.password));
      return;
    }
    const plugin = this.choosePlugin();
    if (plugin === evidence.plugin) this.conclude(this.check(plugin, evidence.response));
    else this.ask(plugin);
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

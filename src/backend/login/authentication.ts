import { CachingSha2, clearPasswordPayload, encryptPassword, sha2Response, sha2Stage1 } from '../../protocol/auth/caching-sha2.js';
import { nativeResponse, nativeStage1 } from '../../protocol/auth/native-password.js';
import { AuthPlugin } from '../../protocol/auth/plugins.js';
import { ProtocolViolation } from '../../protocol/wire/protocol-violation.js';
import type { BackendCredentials } from '../identity.js';
import { LoginError } from './login-failure.js';

/** How the bytes travel: decides what a password may be sent over. */
export type Channel = 'tls' | 'unixSocket' | 'plain';

/**
 * The client's part of authentication: answers what the server asks for with what is known of the password. Knows no packets:
 * takes and gives payloads.
 *
 * @throws LoginError from every method, when the proof that is asked for can not be given
 */
export class Authentication {
  private plugin = '';
  private scramble: Uint8Array = new Uint8Array(0);
  private awaitsPublicKey = false;

  constructor(
    private readonly username: string,
    private readonly credentials: BackendCredentials,
    private readonly channel: Channel,
  ) {}

  /**
   * The plugin and response of the handshake response. When the server's default plugin can not be answered, one that can be: the
   * server asks again, for the plugin of the account.
   */
  begin(serverPlugin: string, scramble: Uint8Array): { readonly plugin: string; readonly response: Uint8Array } {
    const candidates = [serverPlugin, AuthPlugin.cachingSha2, AuthPlugin.nativePassword];
    const plugin = candidates.find((candidate) => this.canBeginWith(candidate)) ?? AuthPlugin.nativePassword;
    return { plugin, response: this.switchTo(plugin, scramble) };
  }

  /** The answer to an AuthSwitchRequest. */
  switchTo(plugin: string, scramble: Uint8Array): Uint8Array {
    this.plugin = plugin;
    this.scramble = Uint8Array.from(scramble);
    this.awaitsPublicKey = false;
    switch (plugin) {
      case AuthPlugin.nativePassword:
        return this.nativeResponse();
      case AuthPlugin.cachingSha2:
        return this.sha2Response();
      case AuthPlugin.clearPassword:
        return this.clearResponse();
      default:
        throw new LoginError(
          'authenticationPlugin',
          `the account of '${this.username}' uses the authentication plugin '${plugin}', which weir does not speak; use caching_sha2_password or mysql_native_password`,
        );
    }
  }

  /** The answer to AuthMoreData; null when there is nothing to say. */
  more(data: Uint8Array): Uint8Array | null {
    if (this.plugin !== AuthPlugin.cachingSha2) throw new ProtocolViolation(`AuthMoreData for the plugin '${this.plugin}'`, 'badHandshake');
    if (this.awaitsPublicKey) {
      this.awaitsPublicKey = false;
      return this.encrypted(data);
    }
    if (data.length === 1 && data[0] === CachingSha2.fastAuthSuccess) return null;
    if (data.length === 1 && data[0] === CachingSha2.fullAuthentication) return this.fullAuthentication();
    throw new ProtocolViolation(`AuthMoreData of ${data.length} bytes, expected 0x03 or 0x04`, 'badHandshake');
  }

  private canBeginWith(plugin: string): boolean {
    const { clear, sha1, sha256 } = this.credentials;
    if (plugin === AuthPlugin.nativePassword) return clear !== null || sha1 !== null;
    return plugin === AuthPlugin.cachingSha2 && (clear !== null || sha256 !== null);
  }

  private nativeResponse(): Uint8Array {
    const { clear, sha1 } = this.credentials;
    if (clear === '') return new Uint8Array(0);
    const stage1 = clear === null ? sha1 : nativeStage1(clear);
    if (stage1 === null) throw this.hashOnly();
    return nativeResponse(stage1, this.scramble);
  }

  private sha2Response(): Uint8Array {
    const { clear, sha256 } = this.credentials;
    if (clear === '') return new Uint8Array(0);
    const stage1 = clear === null ? sha256 : sha2Stage1(clear);
    if (stage1 === null) throw this.hashOnly();
    return sha2Response(stage1, this.scramble);
  }

  private clearResponse(): Uint8Array {
    if (this.channel !== 'tls') {
      throw new LoginError(
        'authenticationPlugin',
        `the account of '${this.username}' uses mysql_clear_password, which is only answered over TLS; set use_ssl=1 for the server`,
      );
    }
    return clearPasswordPayload(this.clearPassword());
  }

  /** The server does not have the password's hash in its cache. */
  private fullAuthentication(): Uint8Array {
    const clear = this.clearPassword();
    if (this.channel !== 'plain') return clearPasswordPayload(clear);
    this.awaitsPublicKey = true;
    return Uint8Array.of(CachingSha2.requestPublicKey);
  }

  private encrypted(publicKey: Uint8Array): Uint8Array {
    try {
      return encryptPassword(this.clearPassword(), this.scramble, publicKey);
    } catch (cause) {
      throw new LoginError('authenticationPlugin', "the server's public key for caching_sha2_password is of no use", cause);
    }
  }

  private clearPassword(): string {
    if (this.credentials.clear === null) throw this.hashOnly();
    return this.credentials.clear;
  }

  private hashOnly(): LoginError {
    const { sha1, sha256 } = this.credentials;
    const known = sha1 === null && sha256 === null ? 'nothing of the password is known' : 'only a hash of the password is known';
    return new LoginError(
      'authenticationPlugin',
      `'${this.username}' has to prove the password in clear to the server (${this.plugin}), but ${known}: ` +
        'put the password in clear into mysql_users, let the client log in over TLS, or let the account use mysql_native_password',
    );
  }
}

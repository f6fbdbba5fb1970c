import { weirError } from '../../base/errors.js';
import { CachingSha2 } from '../../protocol/auth/caching-sha2.js';
import { AuthPlugin } from '../../protocol/auth/plugins.js';
import { Capability, has } from '../../protocol/constants.js';
import { writeAuthMoreData } from '../../protocol/packets/auth-more-data.js';
import { writeAuthSwitchRequest } from '../../protocol/packets/auth-switch-request.js';
import type { ServerError } from '../../protocol/packets/err.js';
import { plainOk, writeOk } from '../../protocol/packets/ok.js';
import type { PacketWriter } from '../../protocol/wire/writer.js';
import { hasPassword, isLocal, judgeLogin, type LoginAttempt, mustAskNative } from '../accounts.js';
import type { AdminRole } from '../context.js';
import { ADMIN_STATUS } from './replies.js';

export interface LoginClaim {
  readonly username: string;
  /** Empty for none. */
  readonly schema: string;
  /** Empty when the client knows no plugins. */
  readonly authPlugin: string;
  readonly authResponse: Uint8Array;
}

export interface LoginEnvironment {
  readonly scramble: Uint8Array;
  /** '' for a Unix socket. */
  readonly remoteAddress: string;
  /** Variables as they run now: accounts are looked up at each login. */
  readonly variables: () => ReadonlyMap<string, string>;
  readonly hasSchema: (name: string, role: AdminRole) => boolean;
}

export type LoginStep =
  /** The client was asked for another answer. */
  | { readonly kind: 'asked' }
  | { readonly kind: 'accepted'; readonly username: string; readonly role: AdminRole; readonly schema: string }
  | { readonly kind: 'refused'; readonly error: ServerError };

type KnownPlugin = LoginAttempt['plugin'];

const isKnown = (plugin: string): plugin is KnownPlugin => plugin === AuthPlugin.nativePassword || plugin === AuthPlugin.cachingSha2;

/** One proof of a password, of a new connection or of COM_CHANGE_USER. Writes all packets but the error. */
export class AdminLogin {
  readonly #environment: LoginEnvironment;
  readonly #claim: LoginClaim;

  /** @param claim copied where it is a view of a transport's bytes */
  constructor(environment: LoginEnvironment, claim: LoginClaim) {
    this.#environment = environment;
    this.#claim = claim;
  }

  begin(writer: PacketWriter, capabilities: number): LoginStep {
    const { username, authResponse } = this.#claim;
    const plugin = this.#claim.authPlugin || AuthPlugin.nativePassword;
    const canSwitch = has(capabilities, Capability.pluginAuth);
    const mustAsk = canSwitch && mustAskNative(username, plugin, authResponse, this.#environment.variables());
    if (isKnown(plugin) && !mustAsk) return this.#finish(writer, plugin, this.#claim.authResponse, capabilities);
    writeAuthSwitchRequest(writer, { authPlugin: AuthPlugin.nativePassword, data: this.#environment.scramble });
    return { kind: 'asked' };
  }

  /** Takes what the client answers to `asked`. */
  answer(writer: PacketWriter, response: Uint8Array, capabilities: number): LoginStep {
    return this.#finish(writer, AuthPlugin.nativePassword, response, capabilities);
  }

  #finish(writer: PacketWriter, plugin: KnownPlugin, response: Uint8Array, capabilities: number): LoginStep {
    const { scramble, remoteAddress, variables, hasSchema } = this.#environment;
    const { username, schema } = this.#claim;
    const role = judgeLogin({ username, plugin, response, scramble, local: isLocal(remoteAddress) }, variables());
    if (role === 'remote') return { kind: 'refused', error: onlyLocal(username) };
    if (role === 'denied') return { kind: 'refused', error: denied(username, remoteAddress, hasPassword(response)) };
    if (schema !== '' && !hasSchema(schema, role)) return { kind: 'refused', error: weirError('unknownSchema', { schema }) };
    // With an empty password the server goes straight to OK.
    if (plugin === AuthPlugin.cachingSha2 && hasPassword(response)) writeAuthMoreData(writer, Uint8Array.of(CachingSha2.fastAuthSuccess));
    writeOk(writer, { ...plainOk, status: ADMIN_STATUS }, capabilities);
    return { kind: 'accepted', username, role, schema };
  }
}

function denied(username: string, remoteAddress: string, withPassword: boolean): ServerError {
  const account = `'${username}'@'${remoteAddress || 'localhost'}'`;
  const message = `ProxySQL Error: Access denied for user ${account} (using password: ${withPassword ? 'YES' : 'NO'})`;
  return { errno: 1045, sqlState: '28000', message };
}

const onlyLocal = (username: string): ServerError => ({
  errno: 1040,
  sqlState: '42000',
  message: `User '${username}' can only connect locally`,
});

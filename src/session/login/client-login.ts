import { assert } from '../../base/assert.js';
import { generateScramble } from '../../protocol/auth/scramble.js';
import { Capability, has, ServerStatus } from '../../protocol/constants.js';
import { type HandshakeResponse41, readHandshakeResponse41 } from '../../protocol/packets/handshake-response-41.js';
import { writeHandshakeV10 } from '../../protocol/packets/handshake-v10.js';
import { isSslRequest } from '../../protocol/packets/ssl-request.js';
import { ProtocolViolation } from '../../protocol/wire/protocol-violation.js';
import { PacketWriter } from '../../protocol/wire/writer.js';
import type { LoginChannel, LoginEnvironment, LoginOutput } from './login-types.js';
import { greetingPlugin, type OfferedCapabilities, offeredCapabilities, speaksMariadb } from './offered-capabilities.js';
import { PasswordProof } from './password-proof.js';

export interface ClientLoginOutput extends LoginOutput {
  /**
   * The client's next bytes are TLS. The owner takes what its assembler has not cut yet (`takeUnread`), hands it with the socket to the
   * TLS transport, and calls `tlsStarted` when the handshake is done.
   */
  upgradeToTls(): void;
}

type LoginPhase =
  | { readonly name: 'created' }
  | { readonly name: 'greeted' }
  | { readonly name: 'startingTls' }
  | { readonly name: 'proving'; readonly proof: PasswordProof };

/**
 * The server's side of a new connection, from the greeting to the verdict; has no socket and no timer of its own.
 *
 *     greeting → [SSLRequest, TLS] → HandshakeResponse41 → [AuthSwitch] → [full authentication] → accept | refuse
 *
 * @throws ProtocolViolation from `onPacket`: the owner ends the client
 */
export class ClientLogin {
  private phase: LoginPhase = { name: 'created' };
  private readonly offered: OfferedCapabilities;
  private currentChannel: LoginChannel;

  /**
   * @param clientAddress the host part of messages
   * @param remoteAddress '' for a Unix socket, over which the password may travel in clear without TLS
   */
  constructor(
    private readonly environment: LoginEnvironment,
    private readonly connectionId: number,
    clientAddress: string,
    private readonly output: ClientLoginOutput,
    remoteAddress: string,
  ) {
    const { identity, snapshot, secureContext } = environment;
    this.offered = offeredCapabilities(identity, { tls: secureContext !== null, localInfile: snapshot.variables.localInfile });
    this.currentChannel = {
      scramble: generateScramble(),
      greetingPlugin: greetingPlugin(identity),
      clientAddress,
      remoteAddress,
      encrypted: false,
      secure: remoteAddress === '',
    };
  }

  /** For a later ChangeUserLogin on this connection; final once the login was accepted. */
  get channel(): LoginChannel {
    return this.currentChannel;
  }

  /** Sends the greeting, with sequence number 0. */
  start(): void {
    assert(this.phase.name === 'created', 'a login starts once');
    const { identity } = this.environment;
    const writer = new PacketWriter(0);
    writeHandshakeV10(writer, {
      serverVersion: identity.version,
      threadId: this.connectionId,
      scramble: this.channel.scramble,
      ...this.offered,
      collation: identity.collation,
      status: ServerStatus.autocommit,
      authPlugin: this.channel.greetingPlugin,
    });
    this.phase = { name: 'greeted' };
    this.output.send(writer.take());
  }

  /** @param sequence of the packet, whose order the owner has checked */
  onPacket(buffer: Uint8Array, payloadStart: number, payloadEnd: number, sequence: number): void {
    switch (this.phase.name) {
      case 'greeted':
        if (!this.channel.encrypted && isSslRequest(buffer, payloadStart, payloadEnd)) this.onSslRequest();
        else this.onResponse(readResponse(buffer, payloadStart, payloadEnd), sequence);
        break;
      case 'proving':
        this.phase.proof.onPacket(buffer.subarray(payloadStart, payloadEnd), sequence);
        break;
      case 'created':
      case 'startingTls':
        throw new ProtocolViolation('a packet in clear where none is awaited', 'badHandshake');
    }
  }

  tlsStarted(): void {
    assert(this.phase.name === 'startingTls', 'TLS that no client asked for');
    this.currentChannel = { ...this.currentChannel, encrypted: true, secure: true };
    this.phase = { name: 'greeted' };
  }

  /** The client is gone: nothing more is called. */
  cancel(): void {
    if (this.phase.name === 'proving') this.phase.proof.cancel();
  }

  private onSslRequest(): void {
    if (!has(this.offered.capabilities, Capability.ssl)) throw new ProtocolViolation('SSLRequest, but TLS was not offered', 'badHandshake');
    this.phase = { name: 'startingTls' };
    this.output.upgradeToTls();
  }

  private onResponse(response: HandshakeResponse41, sequence: number): void {
    const { channel, offered, environment, output } = this;
    const capabilities = (response.capabilities & offered.capabilities) >>> 0;
    const mariadbCapabilities = speaksMariadb(offered) ? (response.mariadbCapabilities & offered.mariadbCapabilities) >>> 0 : 0;
    const attributes = new Map(response.connectAttributes);
    const { username, schema, collation } = response;
    const claim = {
      username,
      plugin: response.authPlugin,
      canSwitchPlugin: has(capabilities, Capability.pluginAuth),
      response: response.authResponse,
      sawScramble: response.authPlugin === '' || response.authPlugin === channel.greetingPlugin,
      attributes,
    };
    const proof = new PasswordProof(environment, channel, claim, {
      send: (bytes) => output.send(bytes),
      proved: (user, credentials, finalSequence) =>
        output.accept({
          user,
          schema: schema === '' ? (user.defaultSchema ?? environment.snapshot.variables.defaultSchema) : schema,
          capabilities,
          mariadbCapabilities,
          collation: collation === 0 ? environment.identity.collation : collation,
          credentials,
          attributes,
          sequence: finalSequence,
        }),
      refused: (error, finalSequence) => output.refuse(error, finalSequence),
    });
    this.phase = { name: 'proving', proof };
    proof.begin(sequence);
  }
}

/** A server answers each fault of this packet with `Bad handshake`, cut fields too. */
function readResponse(buffer: Uint8Array, start: number, end: number): HandshakeResponse41 {
  try {
    return readHandshakeResponse41(buffer, start, end);
  } catch (error) {
    throw error instanceof ProtocolViolation ? new ProtocolViolation(error.detail, 'badHandshake') : error;
  }
}

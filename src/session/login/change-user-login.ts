import { AuthPlugin } from '../../protocol/auth/plugins.js';
import { Capability, has } from '../../protocol/constants.js';
import { readComChangeUser } from '../../protocol/packets/com-change-user.js';
import { ProtocolViolation } from '../../protocol/wire/protocol-violation.js';
import type { LoginChannel, LoginEnvironment, LoginOutput, LoginResult } from './login-types.js';
import { PasswordProof } from './password-proof.js';

/** What stays as it is when a connection changes its user. */
export type Agreement = Pick<LoginResult, 'capabilities' | 'mariadbCapabilities' | 'attributes'>;

/**
 * COM_CHANGE_USER on a connection that is logged in, from the command to the verdict.
 *
 * @throws ProtocolViolation from `start` and `onPacket`: the owner ends the client
 */
export class ChangeUserLogin {
  private proof: PasswordProof | null = null;
  /** Collation id that the client asks for; known from `start` on. */
  collation = 0;

  /**
   * @param channel `ClientLogin.channel` of the connection
   * @param agreed result of the login before
   */
  constructor(
    private readonly environment: LoginEnvironment,
    private readonly channel: LoginChannel,
    private readonly agreed: Agreement,
    private readonly output: LoginOutput,
  ) {}

  /** Takes the command's own packet. */
  start(buffer: Uint8Array, payloadStart: number, payloadEnd: number, sequence: number): void {
    const change = readComChangeUser(buffer, payloadStart, payloadEnd, this.agreed.capabilities);
    const attributes = change.connectAttributes.length > 0 ? new Map(change.connectAttributes) : this.agreed.attributes;
    const { environment, channel } = this;
    this.collation = change.collation === 0 ? environment.identity.collation : change.collation;
    const claim = {
      username: change.username,
      plugin: change.authPlugin,
      canSwitchPlugin: has(this.agreed.capabilities, Capability.pluginAuth),
      response: change.authResponse,
      sawScramble: answersOldScramble(change.authPlugin),
      attributes,
    };
    this.proof = new PasswordProof(environment, channel, claim, {
      send: (bytes) => this.output.send(bytes),
      proved: (user, credentials, finalSequence) =>
        this.output.accept({
          ...this.agreed,
          user,
          schema: change.schema === '' ? (user.defaultSchema ?? environment.snapshot.variables.defaultSchema) : change.schema,
          collation: this.collation,
          credentials,
          attributes,
          sequence: finalSequence,
        }),
      refused: (error, finalSequence) => this.output.refuse(error, finalSequence),
    });
    this.proof.begin(sequence);
  }

  onPacket(buffer: Uint8Array, payloadStart: number, payloadEnd: number, sequence: number): void {
    if (this.proof === null) throw new ProtocolViolation('an answer without COM_CHANGE_USER');
    this.proof.onPacket(buffer.subarray(payloadStart, payloadEnd), sequence);
  }

  /** The client is gone: nothing more is called. */
  cancel(): void {
    this.proof?.cancel();
  }
}

/**
 * Clients answer the scramble that they have from before with mysql_native_password. For any other plugin they send nothing, or a NUL, and
 * wait to be asked, even where there is no password: an OK at once would confuse them.
 */
const answersOldScramble = (plugin: string): boolean => plugin === '' || plugin === AuthPlugin.nativePassword;

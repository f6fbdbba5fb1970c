import { errorCatalogue, WeirError } from '../../base/errors.js';

export type ViolationCode = 'badHandshake' | 'packetTooLarge' | 'packetsOutOfOrder' | 'malformedPacket';

/**
 * Bytes that the protocol does not allow. Ends the connection they came on, nothing else.
 * `detail` says what was expected and what was there: for logs. `clientText` is what a server would tell a client.
 */
export class ProtocolViolation extends WeirError {
  constructor(
    readonly detail: string,
    code: ViolationCode = 'malformedPacket',
  ) {
    super(code, `${errorCatalogue[code].text.replace(/\.$/, '')}: ${detail}`);
  }

  get clientText(): string {
    return this.entry.text;
  }
}

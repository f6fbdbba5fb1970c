import { sha2ResponseOfPassword } from '../../src/protocol/auth/caching-sha2.js';
import { nativeResponseOfPassword } from '../../src/protocol/auth/native-password.js';
import { Capability } from '../../src/protocol/constants.js';
import { readHandshakeV10 } from '../../src/protocol/packets/handshake-v10.js';
import { PacketWriter } from '../../src/protocol/wire/writer.js';

/** A plain HandshakeResponse41 to a greeting's payload, without DEPRECATE_EOF and session tracking, whichever of the two plugins it names. */
export function nativeResponse(greeting: Buffer, username: string, password: string, schema: string): Buffer {
  const { scramble, authPlugin } = readHandshakeV10(greeting, 0, greeting.length);
  const answer =
    authPlugin === 'caching_sha2_password' ? sha2ResponseOfPassword(password, scramble) : nativeResponseOfPassword(password, scramble);
  const { protocol41, secureConnection, pluginAuth, connectWithDb, longPassword, transactions } = Capability;
  const writer = new PacketWriter(1).startPacket();
  writer
    .u32(protocol41 | secureConnection | pluginAuth | connectWithDb | longPassword | transactions)
    .u32(1 << 24)
    .u8(45)
    .zeros(23);
  writer.nullTerminated(username).u8(answer.length).bytes(answer).nullTerminated(schema).nullTerminated(authPlugin);
  return writer.endPacket().take();
}

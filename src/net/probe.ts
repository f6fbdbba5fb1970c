import { connect } from 'node:net';
import { patientTimeout } from '../base/patient-timeout.js';
import { PACKET_HEADER_BYTES, ReplyHeader } from '../protocol/constants.js';
import { readErr } from '../protocol/packets/err.js';
import { type HandshakeV10, readHandshakeV10 } from '../protocol/packets/handshake-v10.js';
import { PacketAssembler } from '../protocol/wire/framing.js';

/** What a server said first: its handshake, or the ERR packet of one that refuses this host or has no connection left. */
export type Greeting =
  | { readonly kind: 'handshake'; readonly handshake: HandshakeV10 }
  | { readonly kind: 'refused'; readonly errno: number; readonly message: string };

/** A greeting is one small packet; more is no MySQL server. */
const LONGEST_GREETING_BYTES = 4_096 + PACKET_HEADER_BYTES;

/**
 * Connects to `hostname:port` (port 0: the Unix socket `hostname`), reads the greeting and hangs up. To be used sparingly: servers
 * count each as an unfinished handshake until this host logs in again (max_connect_errors).
 * @throws Error when nobody answers within `timeoutMs`, or with something else than a greeting
 */
export function probeGreeting(hostname: string, port: number, timeoutMs: number): Promise<Greeting> {
  return new Promise((resolve, reject) => {
    const socket = connect(port === 0 ? { path: hostname } : { host: hostname, port });
    const assembler = new PacketAssembler(LONGEST_GREETING_BYTES);
    const finish = (error: Error | null, greeting?: Greeting): void => {
      cancelTimeout();
      socket.destroy();
      if (greeting) resolve(greeting);
      else reject(error);
    };
    const cancelTimeout = patientTimeout(() => finish(new Error(`no greeting within ${timeoutMs} ms`)), timeoutMs);
    socket.on('error', (error) => finish(error));
    socket.on('close', () => finish(new Error('connection closed before a greeting')));
    socket.on('data', (data: Buffer) => {
      try {
        assembler.feed(data, 0, data.length);
        if (assembler.next()) finish(null, readGreeting(assembler.payloadBuffer, assembler.payloadStart, assembler.payloadEnd));
      } catch (error) {
        finish(error as Error);
      }
    });
  });
}

function readGreeting(buffer: Uint8Array, start: number, end: number): Greeting {
  if (buffer[start] === ReplyHeader.error) {
    const { errno, message } = readErr(buffer, start, end);
    return { kind: 'refused', errno, message };
  }
  return { kind: 'handshake', handshake: readHandshakeV10(buffer, start, end) };
}

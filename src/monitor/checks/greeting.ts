import { flavourOf } from '../../base/server-version.js';
import type { ServerIdentity } from '../../config/snapshot.js';
import { type CheckOutcome, outcomeOf } from '../check-result.js';
import type { MonitorTarget } from '../monitor-connection.js';

/** What net/probe.ts answers; given to the monitor, which opens no sockets itself. */
export type ProbeGreeting = (
  hostname: string,
  port: number,
  timeoutMs: number,
) => Promise<
  | { readonly kind: 'refused'; readonly errno: number; readonly message: string }
  | {
      readonly kind: 'handshake';
      readonly handshake: {
        readonly serverVersion: string;
        readonly capabilities: number;
        readonly mariadbCapabilities: number;
        readonly collation: number;
        readonly authPlugin: string;
      };
    }
>;

/** A new connection up to the server's first packet: does it take connections, and what does it offer? */
export async function checkGreeting(probe: ProbeGreeting, target: MonitorTarget, timeoutMs: number): Promise<CheckOutcome<ServerIdentity>> {
  try {
    const greeting = await probe(target.hostname, target.port, timeoutMs);
    if (greeting.kind === 'refused') return outcomeOf(greeting);
    const { serverVersion, capabilities, mariadbCapabilities, collation, authPlugin } = greeting.handshake;
    return {
      kind: 'ok',
      value: {
        version: serverVersion,
        flavour: flavourOf(greeting.handshake),
        capabilities,
        mariadbCapabilities,
        collation,
        authPlugin,
      },
    };
  } catch (error) {
    return outcomeOf(error);
  }
}

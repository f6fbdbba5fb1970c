import type { RelayMode } from '../../fault-relay.js';
import type { Fault } from '../fault.js';

const ROUND_TRIP_MS = 200;

/** What the relay in front of a server does to the network; replication goes past it. */
export const networkFaults: readonly Fault[] = [
  network('network that swallows all', 'silent', { kind: 'drop' }),
  network('network that stalls', 'silent', { kind: 'stall' }),
  network('network that resets', 'refusing', { kind: 'reset' }),
  network('half close towards weir', 'refusing', { kind: 'half-close', side: 'client' }),
  network('half close towards the server', 'refusing', { kind: 'half-close', side: 'server' }),
  network('10 KB/s', 'slow', { kind: 'rate', bytesPerSecond: 10_240 }),
  network('200 ms of delay', 'slow', { kind: 'delay', ms: ROUND_TRIP_MS / 2 }),
  {
    name: 'refused connections',
    befalls: ['replica', 'primary'],
    effect: 'refusing',
    tolerates: ['transactionLost', 'fateUnknown'],
    async begin({ relay }) {
      await relay.refuse();
      relay.setMode({ kind: 'reset' });
      return {
        heal: () => {
          relay.setMode({ kind: 'pass' });
          return relay.resume();
        },
      };
    },
  },
];

function network(name: string, effect: Fault['effect'], mode: RelayMode): Fault {
  return {
    name,
    befalls: ['replica', 'primary'],
    effect,
    tolerates: effect === 'slow' ? [] : ['transactionLost', 'fateUnknown'],
    async begin({ relay }) {
      relay.setMode(mode);
      return { heal: async () => relay.setMode({ kind: 'pass' }) };
    },
  };
}

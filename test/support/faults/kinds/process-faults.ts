import type { Fault } from '../fault.js';

/** What happens to the process of a server. */
export const processFaults: readonly Fault[] = [
  {
    name: 'kill -9',
    befalls: ['replica', 'primary'],
    effect: 'refusing',
    tolerates: ['transactionLost', 'fateUnknown'],
    async begin({ server }) {
      await server.kill('SIGKILL');
      return { heal: () => server.restart() };
    },
  },
  {
    name: 'SIGSTOP',
    befalls: ['replica', 'primary'],
    effect: 'silent',
    tolerates: ['transactionLost', 'fateUnknown'],
    async begin({ server }) {
      await server.kill('SIGSTOP');
      return { heal: () => server.kill('SIGCONT') };
    },
  },
  {
    name: 'graceful stop',
    befalls: ['replica', 'primary'],
    effect: 'refusing',
    tolerates: ['transactionLost', 'fateUnknown'],
    async begin({ server }) {
      await server.shutdown();
      return { heal: () => server.restart() };
    },
  },
];

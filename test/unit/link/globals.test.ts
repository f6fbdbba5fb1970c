import { expect, it } from 'vitest';
import { serverKey } from '../../../src/base/ids.js';
import type { GlobalChange } from '../../../src/config/global-change.js';
import { GlobalsClient } from '../../../src/link/globals-client.js';
import { GlobalsRelay } from '../../../src/link/globals-relay.js';
import type { ToMain } from '../../../src/link/messages.js';

const server = serverKey('127.0.0.1', 3306);
const change = (name: string, after: string): GlobalChange => ({ server, name, isOfSessions: true, before: '1', after });

it('are known to all other workers before it is answered, and to those that start later', () => {
  const sent: string[] = [];
  const relay = new GlobalsRelay(
    () => [0, 1, 2],
    (worker, message) => sent.push(`${worker} ${message.type} ${'request' in message ? message.request : ''}`),
  );
  relay.set(1, 7, [change('sort_buffer_size', '2')]);
  expect(sent.splice(0)).toEqual(['0 globals 1', '2 globals 1']);
  relay.noted(0, 1);
  expect(sent).toEqual([]);
  relay.workerGone(2);
  expect(sent.splice(0)).toEqual(['1 globals-noted 7']);
  relay.workerStarts(2);
  expect(sent.splice(0)).toEqual(['2 globals 0']);
});

it('are answered to a worker that is alone, and to one whose control process is gone', async () => {
  const relay = new GlobalsRelay(
    () => [0],
    (_, message) => {
      if (message.type === 'globals-noted') client.noted(message.request);
    },
  );
  const client: GlobalsClient = new GlobalsClient((message: ToMain) => {
    if (message.type === 'globals-set') relay.set(0, message.request, message.changes);
    return true;
  });
  await new Promise<void>((resolve) => client.tell([change('a', '2')], resolve));
  await new Promise<void>((resolve) => new GlobalsClient(() => false).tell([change('a', '2')], resolve));
});

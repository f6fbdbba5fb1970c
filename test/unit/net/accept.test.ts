import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type AcceptedClient, accept } from '../../../src/net/accept.js';
import { bindListener } from '../../../src/net/listener.js';

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function listen(onClient: (client: AcceptedClient) => void): Promise<number> {
  const bound = await bindListener({ kind: 'tcp', host: '127.0.0.1', port: 0 });
  const server = await accept(bound.handle, bound.address, { onClient, onError: (code) => Promise.reject(new Error(code)) });
  cleanups.push(() => server.close());
  return Number(bound.address.split(':').at(-1));
}

function client(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  cleanups.push(() => socket.destroy());
  return socket;
}

function textUntilClose(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

describe('accept', () => {
  it('hands clients over without reading from them, whenever they are opened', async () => {
    const accepted: AcceptedClient[] = [];
    const port = await listen((arrived) => accepted.push(arrived));
    const socket = client(port);
    socket.write('early');
    await expect.poll(() => accepted.length).toBe(1);
    expect(accepted[0]!.descriptor).toBeGreaterThan(2);
    await new Promise((later) => setTimeout(later, 30));
    const opened = accepted[0]!.open();
    cleanups.push(() => opened.destroy());
    const bytes = await new Promise<Buffer>((resolve) => opened.once('data', resolve).resume());
    expect(bytes.toString()).toBe('early');
    opened.end('late');
    expect(await textUntilClose(socket)).toBe('late');
  });

  it('tells a client that it turns away why, and has the descriptor back at once', async () => {
    const descriptors: number[] = [];
    const port = await listen((arrived) => {
      descriptors.push(arrived.descriptor);
      arrived.turnAway(Buffer.from('no'));
    });
    const texts = await Promise.all(Array.from({ length: 20 }, () => textUntilClose(client(port))));
    expect(new Set(texts)).toEqual(new Set(['no']));
    // The lowest free number is given again and again; the clients' own ends are in this process too.
    expect(Math.max(...descriptors) - Math.min(...descriptors)).toBeLessThanOrEqual(20);
    const silent = await listen((arrived) => arrived.turnAway(null));
    expect(await textUntilClose(client(silent))).toBe('');
  });
});

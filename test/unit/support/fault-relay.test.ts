import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FaultRelay, type RelayMode, startFaultRelay } from '../../support/fault-relay.js';

/** What a client saw of a connection: its bytes and how it ended. */
interface Ending {
  readonly received: string;
  readonly ended: 'fin' | 'error' | 'open';
}

describe('fault relay', () => {
  let echo: net.Server;
  let relay: FaultRelay;

  beforeEach(async () => {
    echo = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    relay = await startFaultRelay({ host: '127.0.0.1', port: (echo.address() as net.AddressInfo).port });
  });

  afterEach(async () => {
    await relay.stop();
    echo.close();
  });

  /** Sends `text` and its end through the relay and reports what came back within `waitMs`. */
  async function send(text: string, waitMs: number, end = true, onReceived?: () => void): Promise<Ending> {
    const socket = net.connect({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true });
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString();
      onReceived?.();
    });
    const ending = new Promise<Ending['ended']>((resolve) => {
      socket.once('end', () => resolve('fin'));
      socket.once('error', () => resolve('error'));
      setTimeout(() => resolve('open'), waitMs);
    });
    if (end) socket.end(text);
    else socket.write(text);
    const ended = await ending;
    socket.destroy();
    return { received, ended };
  }

  it('passes bytes and the end of both directions', async () => {
    expect(await send('hello', 2000)).toEqual({ received: 'hello', ended: 'fin' });
    expect(relay.accepted).toBe(1);
  });

  it('drops silently and keeps the connection', async () => {
    relay.setMode({ kind: 'drop' });
    expect(await send('hello', 100)).toEqual({ received: '', ended: 'open' });
  });

  it.each(['open', 'new'] as const)('drops on connections that are %s only', async (only) => {
    const socket = net.connect({ port: relay.port, host: '127.0.0.1' });
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString();
    });
    socket.write('a');
    await expect.poll(() => received).toBe('a');
    relay.setMode({ kind: 'drop', only });
    socket.write('b');
    expect((await send('hello', 300)).received).toBe(only === 'open' ? 'hello' : '');
    expect(received).toBe(only === 'open' ? 'a' : 'ab');
    socket.destroy();
  });

  it('resets new connections', async () => {
    relay.setMode({ kind: 'reset' });
    expect((await send('hello', 2000)).ended).toBe('error');
  });

  it('resets open connections', async () => {
    const reset = (): void => relay.setMode({ kind: 'reset' });
    expect(await send('hello', 2000, false, reset)).toEqual({ received: 'hello', ended: 'error' });
    await expect.poll(() => relay.open).toBe(0);
  });

  it('half-closes towards the client', async () => {
    relay.setMode({ kind: 'half-close', side: 'client' });
    expect((await send('hello', 2000, false)).ended).toBe('fin');
  });

  it('delays each direction', async () => {
    relay.setMode({ kind: 'delay', ms: 60 });
    const startedMs = Date.now();
    expect((await send('hello', 2000)).received).toBe('hello');
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(115);
  });

  it('limits the rate', async () => {
    relay.setMode({ kind: 'rate', bytesPerSecond: 20_000 });
    const startedMs = Date.now();
    expect((await send('x'.repeat(4000), 5000)).received.length).toBe(4000);
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(180);
  });

  it.each([
    { how: 'close', ended: 'fin' },
    { how: 'reset', ended: 'error' },
  ] as const)('cuts after some bytes with $how', async ({ how, ended }) => {
    const mode: RelayMode = { kind: 'cut', direction: 'to-client', afterBytes: 3, how };
    relay.setMode(mode);
    const ending = await send('hello', 2000, false);
    expect(ending.ended).toBe(ended);
    // A reset may overtake the bytes in front of it.
    expect('hel'.startsWith(ending.received)).toBe(true);
  });

  it('refuses while told so and listens again on the same port', async () => {
    const { port } = relay;
    await relay.refuse();
    expect((await send('hello', 2000)).ended).toBe('error');
    await relay.resume();
    expect(relay.port).toBe(port);
    expect((await send('hello', 2000)).received).toBe('hello');
  });
});

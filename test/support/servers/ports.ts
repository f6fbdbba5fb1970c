import net from 'node:net';

/** Below the ports that systems give to outgoing connections (32768 and up on Linux), so that none takes a port before its owner has bound it. */
const FIRST = 10_240;
const LAST = 32_000;

/** Test files run beside each other in processes of their own: each begins somewhere else, and goes on from there. */
let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

/** A TCP port on 127.0.0.1 that is free now and that this process has not handed out before. */
export async function freePort(): Promise<number> {
  for (let tried = FIRST; tried < LAST; tried++) {
    const port = next;
    next = next + 1 < LAST ? next + 1 : FIRST;
    if (await isFree(port)) return port;
  }
  throw new Error(`none of the ports ${FIRST} to ${LAST} of 127.0.0.1 is free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

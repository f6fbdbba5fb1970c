import net from 'node:net';

/** Ports given out by this process: the system may offer a port again before its new owner has bound it. */
const given = new Set<number>();

/** A TCP port on 127.0.0.1 that is free now and that this process has not handed out before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await boundPort();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

function boundPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

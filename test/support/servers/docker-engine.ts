import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const ANSWER_TIMEOUT_MS = 500;
let answer: Promise<boolean> | undefined;

/** Whether a Docker engine accepts connections on the socket a client would use. Asked once a process; takes at most half a second. */
export function dockerAnswers(): Promise<boolean> {
  answer ??= firstAnswering(endpoints());
  return answer;
}

function endpoints(): net.NetConnectOpts[] {
  const host = process.env['DOCKER_HOST'];
  if (host?.startsWith('unix://')) return [{ path: host.slice('unix://'.length) }];
  if (host?.startsWith('tcp://')) {
    const address = new URL(host);
    return [{ host: address.hostname, port: Number(address.port || 2375) }];
  }
  return [
    '/var/run/docker.sock',
    path.join(os.homedir(), '.docker/run/docker.sock'),
    `${process.env['XDG_RUNTIME_DIR'] ?? '/nonexistent'}/docker.sock`,
  ].map((socket) => ({ path: socket }));
}

async function firstAnswering(candidates: readonly net.NetConnectOpts[]): Promise<boolean> {
  for (const candidate of candidates) {
    if (await accepts(candidate)) return true;
  }
  return false;
}

function accepts(endpoint: net.NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(endpoint);
    const finish = (reachable: boolean): void => {
      socket.destroy();
      resolve(reachable);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

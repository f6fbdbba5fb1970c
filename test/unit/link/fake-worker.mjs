// A worker without a data plane: answers every message, serves its pid and configuration version to whoever connects.
import { createServer } from 'node:net';

const worker = Number(process.argv[2]);
let version = 0;
let stubborn = false;
let hosts = 0;
const quotas = {};
const servers = [];
const send = (message) => process.connected && process.send(message);

process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.on('message', (message, handle) => {
  if (message.type === 'config') {
    const refused = message.snapshot.users.some((user) => user.username === `refused-by-${worker}`) ? 'unknown user' : null;
    if (message.snapshot.users.some((user) => user.username === `kills-${worker}`)) process.exit(7);
    stubborn = message.snapshot.users.some((user) => user.username === 'stubborn');
    if (refused === null) version = message.snapshot.version;
    send({ type: 'config-ack', version: message.snapshot.version, refused });
  } else if (message.type === 'hosts') hosts = message.table.version;
  else if (message.type === 'quota') quotas[message.server] = message.connections;
  else if (message.type === 'listen') {
    const server = createServer((socket) => socket.end(JSON.stringify({ worker, pid: process.pid, version, hosts, quotas })));
    server.on('error', (error) => send({ type: 'listening', address: message.address, error: error.message }));
    server.listen(handle, () => send({ type: 'listening', address: message.address, error: null }));
    servers.push(server);
  } else if (message.type === 'stats') {
    const stats = { worker, counters: { Questions: 10 }, gauges: { g: 1 }, servers: [], users: { app: 1 }, errors: {}, commands: {} };
    stats.rules = { version: 0, hits: {} };
    send({ type: 'stats-reply', request: message.request, stats });
  } else if (message.type === 'kill') {
    const { connection } = message.order.target;
    const answer = connection === undefined ? worker + 1 : connection >>> 8 === 5 ? 1 : connection >>> 8 === 7 ? 'denied' : 'unknown';
    send({ type: 'kill-reply', request: message.request, answer });
  } else if (message.type === 'stop' && !stubborn) {
    for (const server of servers) server.close();
    send({ type: 'stopped' });
    setTimeout(() => process.exit(0), 10);
  }
});
send({ type: 'started', worker, transport: 'portable' });
setInterval(() => send({ type: 'alive' }), 1_000);

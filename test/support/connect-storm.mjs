// Opens many connections in a process of its own: what it costs here delays neither the test nor its other clients.
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * count: connections, begun evenly over overMs. until: 'greeting' says nothing, 'response' breaks off behind the login packet, 'login' logs in.
 * tls: with it. holdMs: how long each is kept once it has come as far as it should.
 */
const { port, count, overMs, until, tls, holdMs, username, password } = JSON.parse(process.argv[2]);
const CAPABILITIES = 0x00000001 | 0x00000200 | 0x00008000 | 0x00080000;
const SSL = 0x00000800;

const sha = (kind, ...parts) => parts.reduce((hash, part) => hash.update(part), createHash(kind)).digest();
const xor = (a, b) => Buffer.from(a.map((byte, at) => byte ^ b[at]));

function response(plugin, scramble) {
  if (plugin === 'mysql_native_password') {
    const stage1 = sha('sha1', password);
    return xor(stage1, sha('sha1', scramble, sha('sha1', stage1)));
  }
  const stage1 = sha('sha256', password);
  return xor(stage1, sha('sha256', sha('sha256', stage1), scramble));
}

function packet(sequence, payload) {
  const header = Buffer.from([payload.length & 0xff, payload.length >> 8, 0, sequence]);
  return Buffer.concat([header, payload]);
}

function head(capabilities) {
  const fixed = Buffer.alloc(32);
  fixed.writeUInt32LE(capabilities, 0);
  fixed.writeUInt32LE(1 << 24, 4);
  fixed[8] = 45;
  return fixed;
}

function readGreeting(payload) {
  const at = payload.indexOf(0, 1) + 5;
  const second = at + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10;
  const scramble = Buffer.concat([payload.subarray(at, at + 8), payload.subarray(second, second + 12)]);
  return { scramble, plugin: payload.toString('latin1', second + 13, payload.indexOf(0, second + 13)) };
}

const outcomes = {};
const times = [];
const open = [];

/** One connection; resolves with what became of it. */
function one() {
  return new Promise((resolve) => {
    const begun = performance.now();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let stream = socket;
    let received = Buffer.alloc(0);
    let scramble = null;
    let settled = false;
    const settle = (outcome) => {
      if (settled) return;
      settled = true;
      times.push(performance.now() - begun);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (outcome === until && holdMs > 0) open.push(socket);
      else socket.destroy();
      resolve();
    };
    const answer = (greeting, sequence) => {
      scramble = greeting.scramble;
      const proof = response(greeting.plugin, scramble);
      const names = [Buffer.from(`${username}\0`), Buffer.from([proof.length]), proof, Buffer.from(`${greeting.plugin}\0`)];
      stream.write(packet(sequence, Buffer.concat([head(CAPABILITIES | (tls ? SSL : 0)), ...names])));
      if (until === 'response') settle(until);
    };
    const onPacket = (payload, sequence) => {
      if (payload[0] === 0xff) settle(String(payload.readUInt16LE(1)));
      else if (scramble !== null && payload[0] === 0) settle('login');
      else if (scramble !== null && payload[0] === 0xfe) {
        const plugin = payload.toString('latin1', 1, payload.indexOf(0, 1));
        const start = 2 + plugin.length;
        stream.write(packet(sequence + 1, response(plugin, payload.subarray(start, start + 20))));
      } else if (scramble === null && until === 'greeting') settle(until);
      else if (scramble === null) {
        const greeting = readGreeting(payload);
        if (!tls) return answer(greeting, 1);
        socket.removeAllListeners('data');
        socket.write(packet(1, head(CAPABILITIES | SSL)));
        stream = connectTls({ socket, rejectUnauthorized: false }, () => answer(greeting, 2));
        stream.on('data', onData).on('error', () => settle('error'));
      }
    };
    const onData = (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readUIntLE(0, 3)) {
        const length = received.readUIntLE(0, 3);
        const payload = received.subarray(4, 4 + length);
        const sequence = received[3];
        received = received.subarray(4 + length);
        onPacket(payload, sequence);
      }
    };
    socket.on('data', onData);
    socket.on('error', (error) => settle(error.code));
    socket.on('close', () => settle('closed'));
  });
}

const all = [];
const begun = performance.now();
for (let started = 0; started < count; ) {
  const due = overMs === 0 ? count : Math.min(count, Math.ceil(((performance.now() - begun) / overMs) * count));
  for (; started < due; started++) all.push(one());
  await new Promise((later) => setTimeout(later, 1));
}
await Promise.all(all);
const sorted = times.sort((a, b) => a - b);
const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
process.send({ outcomes, tookMs: Math.round(performance.now() - begun), p50Ms: at(0.5), maxMs: at(1) });
setTimeout(() => process.exit(0), holdMs);

/**
 * Captures real replies of both servers into `fixtures/`, to be run by hand: `npx tsx test/wire/capture.ts [mariadb|mysql]`.
 * The end of a reply is recognised by silence, not by the code under test.
 */
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { CachingSha2, encryptPassword, sha2ResponseOfPassword } from '../../src/protocol/auth/caching-sha2.js';
import { nativeResponseOfPassword } from '../../src/protocol/auth/native-password.js';
import { AuthPlugin } from '../../src/protocol/auth/plugins.js';
import { Capability, MariadbCapability } from '../../src/protocol/constants.js';
import { readAuthMoreData } from '../../src/protocol/packets/auth-more-data.js';
import { readAuthSwitchRequest } from '../../src/protocol/packets/auth-switch-request.js';
import { writeHandshakeResponse41 } from '../../src/protocol/packets/handshake-response-41.js';
import { readHandshakeV10 } from '../../src/protocol/packets/handshake-v10.js';
import { encodePacket, PacketWriter } from '../../src/protocol/wire/writer.js';
import { startServer } from '../support/servers/index.js';
import { type CapturedReply, type CaptureStep, captureSteps } from './capture-steps.js';

const SILENCE_MS = 40;
const base =
  Capability.longFlag |
  Capability.protocol41 |
  Capability.secureConnection |
  Capability.pluginAuth |
  Capability.pluginAuthLenencClientData |
  Capability.transactions |
  Capability.multiStatements |
  Capability.multiResults |
  Capability.psMultiResults |
  Capability.localFiles;

interface Variant {
  readonly name: string;
  readonly capabilities: number;
  readonly mariadb: number;
}

const withLongPassword = base | Capability.longPassword;
const eofVariants = (name: string, capabilities: number, mariadb = 0): Variant[] => [
  { name: `${name}, EOF`, capabilities: capabilities >>> 0, mariadb },
  { name: `${name}, no EOF`, capabilities: (capabilities | Capability.deprecateEof) >>> 0, mariadb },
];
const allExtensions =
  MariadbCapability.cacheMetadata |
  MariadbCapability.extendedMetadata |
  MariadbCapability.stmtBulkOperations |
  MariadbCapability.progress |
  MariadbCapability.bulkUnitResults;
const variants = {
  mariadb: [
    ...eofVariants('plain', withLongPassword),
    ...eofVariants('tracking', base | Capability.sessionTrack),
    ...eofVariants('extensions', base | Capability.sessionTrack, allExtensions),
  ],
  mysql: [
    ...eofVariants('plain', withLongPassword),
    ...eofVariants('tracking', withLongPassword | Capability.sessionTrack),
    ...eofVariants('optional metadata', withLongPassword | Capability.sessionTrack | Capability.optionalResultsetMetadata),
  ],
} as const;

class Wire {
  private chunks: Buffer[] = [];
  private lastAt = 0;
  constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.chunks.push(chunk);
      this.lastAt = Date.now();
    });
  }
  async reply(): Promise<Buffer> {
    const began = Date.now();
    while (this.chunks.length === 0 && Date.now() - began < 5000) await sleep(2);
    while (Date.now() - this.lastAt < SILENCE_MS) await sleep(5);
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    return bytes;
  }
}
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function login(port: number, user: string, password: string, variant: Variant): Promise<{ wire: Wire; handshake: Buffer }> {
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const wire = new Wire(socket);
  const first = await wire.reply();
  const handshake = readHandshakeV10(first, 4, first.length);
  let scramble = Buffer.from(handshake.scramble);
  const answer = (plugin: string): Buffer =>
    plugin === AuthPlugin.nativePassword ? nativeResponseOfPassword(password, scramble) : sha2ResponseOfPassword(password, scramble);
  const writer = new PacketWriter(1);
  writeHandshakeResponse41(writer, {
    capabilities: (variant.capabilities & (handshake.capabilities | Capability.longPassword)) >>> 0,
    mariadbCapabilities: variant.mariadb & handshake.mariadbCapabilities,
    maxPacketBytes: 1 << 30,
    collation: 45,
    username: user,
    authResponse: answer(handshake.authPlugin),
    schema: '',
    authPlugin: handshake.authPlugin,
    connectAttributes: [],
    zstdLevel: 0,
  });
  socket.write(writer.take());
  for (;;) {
    const packet = await wire.reply();
    const sequence = packet[3]! + 1;
    if (packet[4] === 0) return { wire, handshake: first };
    if (packet[4] === 0xfe) {
      const request = readAuthSwitchRequest(packet, 4, packet.length);
      scramble = Buffer.from(request.data);
      socket.write(encodePacket(sequence, answer(request.authPlugin)));
    } else if (packet[4] === 1) {
      const state = readAuthMoreData(packet, 4, 4 + packet.readUIntLE(0, 3));
      if (state[0] === CachingSha2.fastAuthSuccess) return { wire, handshake: first };
      if (state[0] === CachingSha2.fullAuthentication) socket.write(encodePacket(sequence, Buffer.of(CachingSha2.requestPublicKey)));
      else socket.write(encodePacket(sequence, encryptPassword(password, scramble, state)));
    } else throw new Error(`login refused: ${packet.toString('latin1', 7)}`);
  }
}

async function runStep(wire: Wire, step: CaptureStep, statements: Map<string, number>): Promise<Buffer[]> {
  const payload = Buffer.from(step.payload);
  if (step.statement !== undefined) payload.writeUInt32LE(statements.get(step.statement) ?? 0, 1);
  wire.socket.write(encodePacket(0, payload));
  const replies = [await wire.reply()];
  if (step.infile !== undefined && replies[0]![4] === 0xfb) {
    wire.socket.write(Buffer.concat([encodePacket(2, Buffer.from(step.infile)), encodePacket(3, Buffer.alloc(0))]));
    replies.push(await wire.reply());
  }
  if (step.prepares !== undefined && replies[0]![4] === 0) statements.set(step.prepares, replies[0]!.readUInt32LE(5));
  return replies;
}

async function captureFlavour(flavour: 'mariadb' | 'mysql'): Promise<void> {
  const server = await startServer({ flavour, extraArgs: ['--local-infile=1'] });
  try {
    const admin = await server.connect({ multipleStatements: true });
    await admin.query(
      "CREATE DATABASE wire; CREATE USER 'wire'@'%' IDENTIFIED BY 'geheim'; GRANT ALL ON *.* TO 'wire'@'%'; CREATE PROCEDURE wire.two() BEGIN SELECT 1 AS a; SELECT 2 AS b, 3 AS c; END; CREATE PROCEDURE wire.give(OUT x INT) BEGIN SET x = 42; SELECT 7 AS y; END",
    );
    const captured: CapturedReply[] = [];
    for (const variant of variants[flavour]) {
      const { wire, handshake } = await login(server.port, 'wire', 'geheim', variant);
      const greeting = readHandshakeV10(handshake, 4, handshake.length);
      const capabilities = (variant.capabilities & (greeting.capabilities | Capability.longPassword)) >>> 0;
      const statements = new Map<string, number>();
      for (const step of captureSteps) {
        if (step.flavour !== undefined && step.flavour !== flavour) continue;
        if (step.needs !== undefined && (capabilities & step.needs) === 0) continue;
        const replies = await runStep(wire, step, statements);
        captured.push({
          variant: variant.name,
          step: step.name,
          kind: step.kind,
          capabilities,
          mariadbCapabilities: variant.mariadb & greeting.mariadbCapabilities,
          replies: replies.map((bytes) => bytes.toString('base64')),
        });
      }
      wire.socket.destroy();
    }
    const file = new URL(`./fixtures/${flavour}.json`, import.meta.url);
    const lines = captured.map((reply) => `    ${JSON.stringify(reply)}`).join(',\n');
    writeFileSync(file, `{\n  "version": "${server.version}",\n  "replies": [\n${lines}\n  ]\n}\n`);
    process.stdout.write(`${flavour} ${server.version}: ${captured.length} replies\n`);
    await admin.end();
  } finally {
    await server.stop();
  }
}

const wanted = process.argv.slice(2);
for (const flavour of ['mariadb', 'mysql'] as const) if (wanted.length === 0 || wanted.includes(flavour)) await captureFlavour(flavour);

/** `npx tsx bench/micro/reply-tracker.ts`: ns for a small reply, MB/s over rows, for the reply tracker alone. */
import { Capability } from '../../src/protocol/constants.js';
import { plainOk, writeOk } from '../../src/protocol/packets/ok.js';
import { writeTextResultSet } from '../../src/protocol/packets/text-result-set.js';
import { ReplyKind, ReplyTracker } from '../../src/protocol/reply-tracker.js';
import { PacketWriter } from '../../src/protocol/wire/writer.js';

const SECONDS = 0.5;
const SLAB_BYTES = 65_536;

/** Runs `operation` for half a second after a warm-up of the same length. */
function nanosecondsOf(operation: () => void): number {
  let elapsed = 0;
  for (let round = 0; round < 2; round++) {
    let calls = 0;
    const began = process.hrtime.bigint();
    do {
      for (let call = 0; call < 2000; call++) operation();
      calls += 2000;
      elapsed = Number(process.hrtime.bigint() - began) / calls;
    } while (elapsed * calls < SECONDS * 1e9);
  }
  return elapsed;
}

function report(name: string, nanoseconds: number, bytes: number): void {
  const rate = ((bytes / nanoseconds) * 1000).toFixed(0);
  process.stdout.write(`${name.padEnd(46)} ${nanoseconds.toFixed(1).padStart(9)} ns ${rate.padStart(9)} MB/s\n`);
}

function resultSet(rows: number, rowBytes: number, capabilities: number): Buffer {
  const writer = new PacketWriter(1);
  const row = ['12345', 'x'.repeat(rowBytes)];
  writeTextResultSet(writer, { columns: ['id', 'c'], rows: Array.from({ length: rows }, () => row) }, capabilities);
  return writer.take();
}

/** The reply in slabs, each fed from the start of one shared buffer as a transport does; the copy into it is not counted. */
function slabsOf(reply: Buffer): Buffer[] {
  const slabs: Buffer[] = [];
  for (let at = 0; at < reply.length; at += SLAB_BYTES) slabs.push(reply.subarray(at, at + SLAB_BYTES));
  return slabs;
}

function feedAll(tracker: ReplyTracker, slabs: readonly Buffer[]): void {
  tracker.begin(ReplyKind.query);
  for (const slab of slabs) {
    for (let at = 0; at < slab.length; ) at = tracker.feed(slab, at, slab.length);
  }
  if (!tracker.done) throw new Error('the reply is not done');
}

for (const [name, eof] of [
  ['EOF', 0],
  ['no EOF', Capability.deprecateEof],
] as const) {
  const capabilities = Capability.protocol41 | Capability.sessionTrack | eof;
  const tracker = new ReplyTracker(capabilities, 0);
  const ok = new PacketWriter(1);
  writeOk(ok, plainOk, capabilities);
  const cases: [string, Buffer][] = [
    ['OK', ok.take()],
    ['point select, 1 row of 120 bytes', resultSet(1, 120, capabilities)],
    ['100 rows of 120 bytes', resultSet(100, 120, capabilities)],
    ['20,000 rows of 20 bytes', resultSet(20_000, 20, capabilities)],
    ['2,000 rows of 4,000 bytes', resultSet(2000, 4000, capabilities)],
  ];
  for (const [what, bytes] of cases) {
    const slabs = slabsOf(bytes);
    const few = slabs.length > 1;
    const nanoseconds = nanosecondsOf(() => feedAll(tracker, slabs));
    report(`${what}, ${name}${few ? `, ${slabs.length} slabs` : ''}`, nanoseconds, bytes.length);
  }
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Capability } from '../../src/protocol/constants.js';
import { readColumnDefinition } from '../../src/protocol/packets/column-definition.js';
import { readComChangeUser } from '../../src/protocol/packets/com-change-user.js';
import { queryTextStart, readQueryAttributes } from '../../src/protocol/packets/com-query.js';
import { readComStmtExecute } from '../../src/protocol/packets/com-stmt-execute.js';
import { readErr } from '../../src/protocol/packets/err.js';
import { readHandshakeResponse41 } from '../../src/protocol/packets/handshake-response-41.js';
import { readHandshakeV10 } from '../../src/protocol/packets/handshake-v10.js';
import { filterSessionTrack, readOk, sessionStateOf } from '../../src/protocol/packets/ok.js';
import { readTextRow } from '../../src/protocol/packets/text-row.js';
import { MAX_HELD_BYTES, type ReplyKind, ReplyTracker } from '../../src/protocol/reply-tracker.js';
import { PacketAssembler } from '../../src/protocol/wire/framing.js';
import { ProtocolViolation } from '../../src/protocol/wire/protocol-violation.js';
import type { CapturedReply } from '../wire/capture-steps.js';

const SEED = Number(process.env['WEIR_FUZZ_SEED'] ?? 20261120);
const ROUNDS = Number(process.env['WEIR_FUZZ_ROUNDS'] ?? 4000);

/** Mulberry32: small, seeded, good enough to choose bytes. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
type Random = ReturnType<typeof randomFrom>;

const interesting = [0x00, 0x01, 0x02, 0x03, 0x05, 0x07, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff];
function randomBytes(random: Random, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) bytes[index] = random(3) === 0 ? random(256) : interesting[random(interesting.length)]!;
  return bytes;
}

/** Undefined when it went well or was refused as it should be. */
function unexpectedError(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof ProtocolViolation ? undefined : error;
  }
}

function outcomeOf(tracker: ReplyTracker, kind: ReplyKind, bytes: Buffer, chunk: () => number): 'done' | 'waiting' | 'violation' {
  tracker.begin(kind);
  try {
    for (let at = 0; at < bytes.length && !tracker.done; ) {
      const end = Math.min(bytes.length, at + chunk());
      while (at < end && !tracker.done) {
        const consumed = tracker.feed(bytes, at, end);
        if (consumed <= at || consumed > end) throw new Error(`consumed ${consumed} of ${at}-${end}`);
        if (tracker.forwardEnd < at || tracker.forwardEnd > consumed) throw new Error('forwards what it was not given');
        if (tracker.heldBytes > MAX_HELD_BYTES) throw new Error('holds back too much');
        at = consumed;
      }
    }
    return tracker.done ? 'done' : 'waiting';
  } catch (error) {
    if (error instanceof ProtocolViolation) return 'violation';
    throw error;
  }
}

describe(`random bytes, WEIR_FUZZ_SEED=${SEED}`, () => {
  it('to the reply tracker', () => {
    const random = randomFrom(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      const [capabilities, mariadb, kind] = [random(2 ** 32), random(64), random(7) as ReplyKind];
      const bytes = framed(random);
      const whole = outcomeOf(new ReplyTracker(capabilities, mariadb), kind, bytes, () => bytes.length + 1);
      expect(
        outcomeOf(new ReplyTracker(capabilities, mariadb), kind, bytes, () => 1 + random(9)),
        `round ${round}`,
      ).toBe(whole);
    }
  });

  it('as changes of captured replies to the reply tracker', () => {
    const random = randomFrom(SEED + 1);
    const captured = ['mariadb', 'mysql'].flatMap((name) => {
      const file = new URL(`../wire/fixtures/${name}.json`, import.meta.url);
      return (JSON.parse(readFileSync(file, 'utf8')) as { replies: CapturedReply[] }).replies;
    });
    const outcomes = { done: 0, waiting: 0, violation: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const reply = captured[random(captured.length)]!;
      const bytes = changed(random, Buffer.from(reply.replies[0]!, 'base64'));
      const track = (chunk: () => number): ReturnType<typeof outcomeOf> =>
        outcomeOf(new ReplyTracker(reply.capabilities, reply.mariadbCapabilities), reply.kind, bytes, chunk);
      const whole = track(() => bytes.length + 1);
      expect(
        track(() => 1 + random(5)),
        `round ${round}: ${reply.variant} ${reply.step}`,
      ).toBe(whole);
      outcomes[whole]++;
    }
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(ROUNDS / 100);
  });

  it('to the assembler', () => {
    const random = randomFrom(SEED + 2);
    for (let round = 0; round < ROUNDS; round++) {
      const assembler = new PacketAssembler(1 + random(2000));
      const bytes = framed(random);
      const error = unexpectedError(() => {
        for (let at = 0; at < bytes.length; ) {
          const end = Math.min(bytes.length, at + 1 + random(20));
          assembler.feed(bytes, at, end);
          while (assembler.next()) expect(assembler.payloadEnd - assembler.payloadStart).toBeLessThanOrEqual(assembler.maxPayloadBytes);
          at = end;
        }
      });
      expect(error, `round ${round}`).toBeUndefined();
    }
  });

  it.each<[string, (bytes: Buffer, capabilities: number) => unknown]>([
    ['HandshakeV10', (bytes) => readHandshakeV10(bytes, 0, bytes.length)],
    ['HandshakeResponse41', (bytes) => readHandshakeResponse41(bytes, 0, bytes.length)],
    ['COM_CHANGE_USER', (bytes, capabilities) => readComChangeUser(bytes, 0, bytes.length, capabilities)],
    ['COM_QUERY', (bytes, capabilities) => queryTextStart(bytes, 0, bytes.length, capabilities)],
    ['query attributes', (bytes) => readQueryAttributes(bytes, 0, bytes.length, Capability.queryAttributes)],
    ['COM_STMT_EXECUTE', (bytes, capabilities) => readComStmtExecute(bytes, 0, bytes.length, bytes[0]! & 7, capabilities)],
    ['OK', (bytes) => readOk(bytes, 0, bytes.length, Capability.sessionTrack)],
    ['session state', (bytes) => sessionStateOf(bytes, 0, bytes.length)],
    ['the filter of session state', (bytes) => filterSessionTrack(bytes, 0, bytes.length, (type) => (type & 1) === 0)],
    ['ERR', (bytes) => readErr(bytes, 0, bytes.length)],
    ['column definition', (bytes) => readColumnDefinition(bytes, 0, bytes.length, 8)],
    ['text row', (bytes) => readTextRow(bytes, 0, bytes.length)],
  ])('to the reader of %s', (_, read) => {
    const random = randomFrom(SEED + 3);
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = randomBytes(random, 1 + random(120));
      // The headers that the readers insist on.
      if (round % 2 === 0) bytes[0] = [0x0a, 0x00, 0xfe, 0xff][random(4)]!;
      if (round % 3 === 0 && bytes.length > 2) bytes[1] = bytes[1]! | 0x02;
      expect(
        unexpectedError(() => read(bytes, random(2 ** 32))),
        `round ${round}: ${bytes.toString('hex')}`,
      ).toBeUndefined();
    }
  });
});

/** Mostly packets with right lengths and sequences, of random content. */
function framed(random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let packet = 0, count = 1 + random(8); packet < count; packet++) {
    const payload = randomBytes(random, random(20));
    const honest = random(12) !== 0;
    const length = honest ? payload.length : random(2 ** 24);
    parts.push(Buffer.of(length & 0xff, (length >> 8) & 0xff, length >> 16, honest ? packet + 1 : random(256)), payload);
  }
  return Buffer.concat(parts);
}

/** Some bytes changed, removed or doubled. */
function changed(random: Random, original: Buffer): Buffer {
  let bytes = Buffer.from(original);
  for (let change = random(4); change > 0; change--) {
    const at = random(bytes.length || 1);
    switch (random(4)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(4))]);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), randomBytes(random, 1 + random(4)), bytes.subarray(at)]);
        break;
      default:
        if (bytes.length > 0) bytes[at] = interesting[random(interesting.length)]!;
    }
  }
  return bytes;
}

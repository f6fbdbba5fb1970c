import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ServerStatus } from '../../src/protocol/constants.js';
import { filterSessionTrack, readOk, rewriteOkWithoutSessionTrack } from '../../src/protocol/packets/ok.js';
import { ReplyTracker } from '../../src/protocol/reply-tracker.js';
import { type CapturedReply, captureSteps } from './capture-steps.js';
import { bytewise, cutAt, drive, whole } from './drive.js';

interface Fixture {
  readonly version: string;
  readonly replies: readonly CapturedReply[];
}
const fixture = (name: string): Fixture => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')) as Fixture;
const factsOf = new Map(captureSteps.map((step) => [step.name, step.expect]));

/** Above this, not every offset is cut at: the ends, and every 7th in between. */
const EVERY_OFFSET_UP_TO = 3000;
function offsets(length: number): number[] {
  const all = Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1);
  return length <= EVERY_OFFSET_UP_TO ? all : all.filter((offset) => offset < 1500 || offset > length - 1500 || offset % 7 === 0);
}

for (const name of ['mariadb', 'mysql']) {
  const { version, replies } = fixture(name);
  describe(`replies captured from ${name} ${version}`, () => {
    for (const variant of new Set(replies.map((reply) => reply.variant))) {
      describe(variant, () => {
        for (const reply of replies.filter((candidate) => candidate.variant === variant)) {
          it(reply.step, () => checkReply(reply));
        }
      });
    }
  });
}

function checkReply(reply: CapturedReply): void {
  const bytes = reply.replies.map((text) => Buffer.from(text, 'base64'));
  const tracker = new ReplyTracker(reply.capabilities, reply.mariadbCapabilities);
  const reference = drive(tracker, reply.kind, bytes, whole);
  expect(reference.state).toMatchObject({ ...factsOf.get(reply.step), done: true, heldBytes: 0 });
  expect(reference.bytes.equals(Buffer.concat(bytes))).toBe(true);
  for (const event of reference.events) checkOk(event, reply.capabilities);
  expect(drive(tracker, reply.kind, bytes, bytewise)).toEqual(reference);
  for (const size of [2, 3, 5, 64]) expect(drive(tracker, reply.kind, bytes, () => size)).toEqual(reference);
  for (const offset of offsets(bytes[0]!.length)) {
    const cut = drive(tracker, reply.kind, bytes, cutAt(offset));
    // toEqual for every offset would take minutes.
    if (!same(cut, reference)) expect(cut, `cut at ${offset}`).toEqual(reference);
  }
}

function same(a: ReturnType<typeof drive>, b: ReturnType<typeof drive>): boolean {
  return a.bytes.equals(b.bytes) && a.events.join() === b.events.join() && JSON.stringify(a.state) === JSON.stringify(b.state);
}

/** Every OK with session state can be read, passed through a filter that keeps all unchanged, and stripped. */
function checkOk(event: string, capabilities: number): void {
  const [kind, hex] = event.split(' ');
  if (kind !== 'ok') return;
  const packet = Buffer.from(hex!, 'hex');
  const ok = readOk(packet, 4, packet.length, capabilities);
  expect(ok.sessionState.length).toBeGreaterThan(0);
  expect(filterSessionTrack(packet, 0, packet.length, () => true).toString('hex')).toBe(packet.toString('hex'));
  const stripped = rewriteOkWithoutSessionTrack(packet, 0, packet.length);
  expect(readOk(stripped, 4, stripped.length, capabilities)).toEqual({
    ...ok,
    status: ok.status & ~ServerStatus.sessionStateChanged,
    sessionState: [],
  });
}

/** `npx tsx bench/micro/framing.ts`: ns a command for the assembler of client packets. */

import { PacketAssembler } from '../../src/protocol/wire/framing.js';
import { encodePacket } from '../../src/protocol/wire/writer.js';

const SECONDS = 0.5;

function nanosecondsOf(operation: () => void): number {
  let elapsed = 0;
  for (let round = 0; round < 2; round++) {
    let calls = 0;
    const began = process.hrtime.bigint();
    do {
      for (let call = 0; call < 500; call++) operation();
      calls += 500;
      elapsed = Number(process.hrtime.bigint() - began) / calls;
    } while (elapsed * calls < SECONDS * 1e9);
  }
  return elapsed;
}

function report(name: string, nanoseconds: number, commands: number): void {
  process.stdout.write(`${name.padEnd(46)} ${(nanoseconds / commands).toFixed(1).padStart(9)} ns a command\n`);
}

function assembled(assembler: PacketAssembler, bytes: Buffer, chunkBytes: number): number {
  let commands = 0;
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    assembler.feed(bytes, at, Math.min(at + chunkBytes, bytes.length));
    while (assembler.next()) commands++;
  }
  return commands;
}

const assembler = new PacketAssembler(64 << 20);
const small = encodePacket(0, Buffer.alloc(45, 0x61));
const many = Buffer.concat(Array.from({ length: 100 }, () => small));
const long = encodePacket(0, Buffer.alloc(1_000_000, 0x61));
report(
  'one whole command of 45 bytes',
  nanosecondsOf(() => assembled(assembler, small, small.length)),
  1,
);
report(
  '100 commands in one chunk',
  nanosecondsOf(() => assembled(assembler, many, many.length)),
  100,
);
report(
  'one command of 45 bytes in two chunks',
  nanosecondsOf(() => assembled(assembler, small, 20)),
  1,
);
report(
  'one command of 1 MB in chunks of 64 KiB',
  nanosecondsOf(() => assembled(assembler, long, 65_536)),
  1,
);

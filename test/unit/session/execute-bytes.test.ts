import { describe, expect, it } from 'vitest';
import { StateInterner } from '../../../src/backend/connection-state.js';
import { PreparedOnServer } from '../../../src/backend/server-statements.js';
import { Capability } from '../../../src/protocol/constants.js';
import { readComStmtExecute, statementIdOf } from '../../../src/protocol/packets/com-stmt-execute.js';
import { ReplyKind } from '../../../src/protocol/reply-tracker.js';
import { Command } from '../../../src/session/command.js';
import { type CommandBytes, executeBytes, goesAsItIs, prepareBytes } from '../../../src/session/execute-bytes.js';
import { LongData } from '../../../src/session/long-data.js';
import { takeTypes } from '../../../src/session/parameter-types.js';
import type { ClientStatement } from '../../../src/session/prepared-statements.js';
import { StatementForms } from '../../../src/session/statement-form.js';
import type { DigestEntry } from '../../../src/sql/digest-entry.js';

const CLIENT_ID = 0x01020304;
const LONGLONG = Buffer.from([8, 0]);
const VARCHAR = Buffer.from([253, 0]);
const VALUE = Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]);
const state = new StateInterner().get('', null, new Map());
const form = new StatementForms().get(state, Buffer.from('select ?'));

function statement(parameters: number, types: Buffer | null = null): ClientStatement {
  return {
    id: CLIENT_ID,
    text: Buffer.from('select ?'),
    entry: {} as DigestEntry,
    hint: null,
    state,
    form,
    plainForm: form,
    cursorForm: null,
    parameters,
    columns: 1,
    types,
    fixed: null,
    typesFixed: false,
    history: null,
    longData: null,
    longDataError: null,
    home: null,
    cursor: null,
    openCursor: null,
  };
}

const onServer = (id: number, boundTypes: Buffer | null = null): PreparedOnServer =>
  Object.assign(new PreparedOnServer(form, id), { boundTypes });

function longDataOf(...packets: Buffer[]): LongData {
  const all = new LongData();
  for (const packet of packets) all.add(packet, 0, packet.length - 11);
  return all;
}

function framed(...parts: Uint8Array[]): Buffer {
  const payload = Buffer.concat(parts);
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  return Buffer.concat([header, payload]);
}

/** One packet for a statement of one parameter; null: without types. */
function execute(types: Buffer | null, value: Uint8Array = VALUE): Buffer {
  const head = Buffer.from([0x17, 4, 3, 2, 1, 0, 1, 0, 0, 0, 0]);
  return types === null ? framed(head, Buffer.from([0]), value) : framed(head, Buffer.from([1]), types, value);
}

function command(replyKind: ReplyKind = ReplyKind.execute): Command {
  const made = new Command();
  made.begin(replyKind, 0, 0);
  return made;
}

const fromSlab = (buffer: Buffer, start = 0): CommandBytes => ({ buffer, start, end: buffer.length, fromSlab: true });
const bytesOf = (made: CommandBytes): Buffer => Buffer.from(made.buffer.subarray(made.start, made.end));
const parsed = (made: Buffer, capabilities = 0) => readComStmtExecute(made, 4, made.length, 1, capabilities);

/** As the session does it: types are taken over when the execution comes, and its bytes are made for each connection. */
function bytesFor(known: CommandBytes, of: ClientStatement, prepared: PreparedOnServer, execution: Command, capabilities: number) {
  const whole = Buffer.concat(payloadsOf(known.buffer.subarray(known.start, known.end)));
  if (execution.replyKind === ReplyKind.execute) execution.bindsTypes = takeTypes(of, whole, 0, whole.length, capabilities, false);
  return executeBytes(known, of, prepared, execution, capabilities);
}

function payloadsOf(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Buffer.from(bytes.subarray(at, at + 3)).readUIntLE(0, 3);
    parts.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return parts;
}

describe('executeBytes', () => {
  it('patches the id in place and passes everything else on, at an offset of the slab', () => {
    const buffer = Buffer.concat([Buffer.alloc(9, 0xaa), execute(LONGLONG)]);
    const made = bytesFor(fromSlab(buffer, 9), statement(1), onServer(77), command(), 0);
    expect(made.buffer).toBe(buffer);
    expect(made).toMatchObject({ start: 9, end: buffer.length, fromSlab: true, commandSequence: 0 });
    expect(statementIdOf(buffer, 13, buffer.length)).toBe(77);
    buffer.writeUInt32LE(CLIENT_ID, 14);
    expect(buffer.subarray(9).equals(execute(LONGLONG))).toBe(true);
  });

  it('remembers bound types for statement and server, and shares equal ones over sessions', () => {
    const [one, two] = [statement(1), statement(1)];
    const [first, second] = [onServer(1), onServer(2)];
    bytesFor(fromSlab(execute(LONGLONG)), one, first, command(), 0);
    bytesFor(fromSlab(execute(LONGLONG)), two, second, command(), 0);
    expect(one.types?.equals(LONGLONG)).toBe(true);
    expect(two.types).toBe(one.types);
    expect(first.boundTypes).toBe(one.types);
    expect(second.boundTypes).toBe(one.types);
  });

  it('puts the types in for a server that has not seen them, once', () => {
    const prepared = statement(1);
    bytesFor(fromSlab(execute(LONGLONG)), prepared, onServer(1), command(), 0);
    const elsewhere = onServer(9);
    const made = bytesOf(bytesFor(fromSlab(execute(null)), prepared, elsewhere, command(), 0));
    const expected = execute(LONGLONG);
    expected.writeUInt32LE(9, 5);
    expect(made.equals(expected)).toBe(true);
    const again = execute(null);
    expect(bytesFor(fromSlab(again), prepared, elsewhere, command(), 0).buffer).toBe(again);
  });

  it('puts them in again after another session bound others on the same server statement', () => {
    const [mine, other] = [statement(1), statement(1)];
    const shared = onServer(3);
    bytesFor(fromSlab(execute(LONGLONG)), mine, shared, command(), 0);
    bytesFor(fromSlab(execute(VARCHAR, Buffer.from([1, 0x61]))), other, shared, command(), 0);
    const made = bytesOf(bytesFor(fromSlab(execute(null)), mine, shared, command(), 0));
    const read = parsed(made);
    expect(read.typesBound).toBe(true);
    expect(made.subarray(read.typesStart, read.typesEnd).equals(LONGLONG)).toBe(true);
    expect(made.subarray(read.valuesStart).equals(VALUE)).toBe(true);
  });

  it('keeps the types that it remembers when the slab they came in is read into again', () => {
    const prepared = statement(1);
    const buffer = execute(LONGLONG);
    bytesFor(fromSlab(buffer), prepared, onServer(1), command(), 0);
    buffer.fill(0xee);
    expect(prepared.types?.equals(LONGLONG)).toBe(true);
  });

  it('finds types behind the parameter count of query attributes, with their names', () => {
    const attributes = Capability.queryAttributes;
    const head = Buffer.from([0x17, 4, 3, 2, 1, 8, 1, 0, 0, 0, 1, 0]);
    const named = Buffer.concat([LONGLONG, Buffer.from([2, 0x69, 0x64])]);
    const prepared = statement(1);
    bytesFor(fromSlab(framed(head, Buffer.from([1]), named, VALUE)), prepared, onServer(1), command(), attributes);
    expect(prepared.types?.equals(named)).toBe(true);
    const made = bytesOf(bytesFor(fromSlab(framed(head, Buffer.from([0]), VALUE)), prepared, onServer(2), command(), attributes));
    const read = parsed(made, attributes);
    expect(made.subarray(read.typesStart, read.typesEnd).equals(named)).toBe(true);
    expect(made.subarray(read.valuesStart).equals(VALUE)).toBe(true);
  });

  it('sends long data in front, in order, each under the id of the server', () => {
    const prepared = statement(1);
    const chunk = (text: string): Buffer => framed(Buffer.from([0x18, 4, 3, 2, 1, 0, 0]), Buffer.from(text));
    prepared.longData = longDataOf(chunk('first'), chunk('second'));
    const made = bytesOf(bytesFor(fromSlab(execute(VARCHAR, Buffer.alloc(0))), prepared, onServer(5), command(), 0));
    const expected = Buffer.concat([chunk('first'), chunk('second'), execute(VARCHAR, Buffer.alloc(0))]);
    let at = 0;
    while (at < expected.length) {
      expected.writeUInt32LE(5, at + 5);
      at += 4 + expected.readUIntLE(at, 3);
    }
    expect(made.equals(expected)).toBe(true);
  });

  it('sends no long data in front of other commands of the statement', () => {
    const prepared = statement(1);
    prepared.longData = longDataOf(framed(Buffer.from([0x18, 4, 3, 2, 1, 0, 0, 0x61])));
    const reset = framed(Buffer.from([0x1a, 4, 3, 2, 1]));
    const made = bytesOf(bytesFor(fromSlab(reset), prepared, onServer(5), command(ReplyKind.simple), 0));
    expect(made.equals(framed(Buffer.from([0x1a, 5, 0, 0, 0])))).toBe(true);
  });

  it('copies what lies in the assembler, not what the command kept itself', () => {
    const buffer = execute(LONGLONG);
    const assembled: CommandBytes = { buffer, start: 0, end: buffer.length, fromSlab: false };
    expect(bytesFor(assembled, statement(1), onServer(1), command(), 0).buffer).not.toBe(buffer);
    const kept = command();
    kept.bytes = buffer;
    expect(bytesFor(assembled, statement(1), onServer(1), kept, 0).buffer).toBe(buffer);
  });

  it('injects types into an execution of several packets', () => {
    const prepared = statement(1);
    bytesFor(fromSlab(execute(VARCHAR, Buffer.from([1, 0x61]))), prepared, onServer(1), command(), 0);
    const payload = Buffer.alloc(0xff_ffff + 50, 0x62);
    Buffer.from([0x17, 4, 3, 2, 1, 0, 1, 0, 0, 0, 0, 0]).copy(payload);
    const whole = Buffer.concat([
      Buffer.from([0xff, 0xff, 0xff, 0]),
      payload.subarray(0, 0xff_ffff),
      Buffer.from([50, 0, 0, 1]),
      payload.subarray(0xff_ffff),
    ]);
    const large = command();
    large.sequence = 1;
    const made = bytesFor({ buffer: whole, start: 0, end: whole.length, fromSlab: false }, prepared, onServer(6), large, 0);
    const bytes = bytesOf(made);
    expect(made.commandSequence).toBe(1);
    expect(bytes.readUIntLE(0, 3)).toBe(0xff_ffff);
    expect(bytes.readUInt32LE(0xff_ffff + 4)).toBe(52 | (1 << 24));
    const joined = Buffer.concat([bytes.subarray(4, 4 + 0xff_ffff), bytes.subarray(8 + 0xff_ffff)]);
    expect(statementIdOf(joined, 0, joined.length)).toBe(6);
    expect(joined.subarray(11, 14).equals(Buffer.from([1, 253, 0]))).toBe(true);
    expect(joined.subarray(14).equals(payload.subarray(12))).toBe(true);
  });
});

describe('goesAsItIs', () => {
  const execution = (bindsTypes: boolean): Command => Object.assign(command(), { bindsTypes });

  it('holds for types that the server knows or gets, and where there are none', () => {
    const of = statement(1, LONGLONG);
    expect(goesAsItIs(of, onServer(1, LONGLONG), execution(false))).toBe(true);
    expect(goesAsItIs(of, onServer(1), execution(true))).toBe(true);
    expect(goesAsItIs(of, onServer(1), execution(false))).toBe(false);
    expect(goesAsItIs(of, onServer(1, VARCHAR), execution(false))).toBe(false);
    expect(goesAsItIs(statement(0), onServer(1), execution(false))).toBe(true);
    of.longData = longDataOf(Buffer.alloc(11));
    expect(goesAsItIs(of, onServer(1, LONGLONG), execution(false))).toBe(false);
  });
});

it('prepareBytes frames the text', () => {
  expect(prepareBytes(Buffer.from('select 1'))).toEqual({ buffer: framed(Buffer.from('\x16select 1')), commandSequence: 0 });
});

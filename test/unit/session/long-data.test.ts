import { describe, expect, it } from 'vitest';
import { PacketAssembler } from '../../../src/protocol/wire/framing.js';
import { SessionLongData } from '../../../src/session/long-data.js';
import { type ClientStatement, internTypes } from '../../../src/session/prepared-statements.js';
import { longDataPacket } from '../../support/execute-packets.js';
import { frame } from '../../support/wire-client.js';

const MAX_BYTES = 10_000;

const statement = (parameters: number): ClientStatement => ({ parameters, longData: null }) as ClientStatement;

/** @returns the number of the error that the statement is executed with; 0: none */
function take(kept: SessionLongData, of: ClientStatement, parameter: number, bytes: number): number {
  const assembler = new PacketAssembler(2 ** 26);
  const packet = frame(longDataPacket(7, parameter, Buffer.alloc(bytes)));
  assembler.feed(packet, 0, packet.length);
  assembler.next();
  return kept.take(of, assembler, MAX_BYTES, 'mysqld_stmt_send_long_data')?.errno ?? 0;
}

describe('long data', () => {
  it('is limited for each parameter, as on servers', () => {
    const kept = new SessionLongData();
    const of = statement(3);
    for (const parameter of [0, 1, 2]) expect(take(kept, of, parameter, MAX_BYTES)).toBe(0);
    kept.drop(of);
    expect([take(kept, of, 0, 6000), take(kept, of, 1, 6000), take(kept, of, 0, 4000), take(kept, of, 0, 1)]).toEqual([0, 0, 0, 1105]);
  });

  it('has no parameter that the statement has not', () => {
    expect([take(new SessionLongData(), statement(2), 2, 1), take(new SessionLongData(), statement(0), 0, 1)]).toEqual([1210, 1210]);
  });

  it('is limited for a session, of all statements and with what empty packets take', () => {
    const kept = new SessionLongData();
    const all = Array.from({ length: 4 }, () => statement(2));
    expect(all.map((of) => take(kept, of, 0, MAX_BYTES))).toEqual([0, 0, 0, 1105]);
    for (const of of all) kept.drop(of);
    const of = statement(1);
    let packets = 0;
    while (take(kept, of, 0, 0) === 0) packets += 1;
    expect(packets).toBeLessThan((4 * MAX_BYTES) / 100);
    kept.onExecuted(of);
    expect([of.longData, take(kept, of, 0, MAX_BYTES)]).toEqual([null, 0]);
  });

  it('stays for the next execution where one has not used it', () => {
    const kept = new SessionLongData();
    const of = statement(1);
    take(kept, of, 0, 1);
    of.longData!.isUnused = true;
    kept.onExecuted(of);
    expect(of.longData).not.toBeNull();
    kept.onExecuted(of);
    expect(of.longData).toBeNull();
  });
});

describe('type lists', () => {
  const list = (bytes: number, first: number): Buffer => Buffer.alloc(bytes, 253).fill(first, 0, 1);

  it('are shared, unless they are long or many', () => {
    const known = internTypes(list(2000, 1));
    const long = internTypes(list(300_000, 1));
    expect([internTypes(list(2000, 1)) === known, internTypes(list(300_000, 1)) === long]).toEqual([true, false]);
    for (let first = 2; first < 30; first++) internTypes(list(200_000, first));
    expect(internTypes(list(2000, 1)) === known).toBe(false);
  });
});

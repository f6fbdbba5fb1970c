import { describe, expect, it } from 'vitest';
import { StateInterner } from '../../../src/backend/connection-state.js';
import { PreparedOnServer } from '../../../src/backend/server-statements.js';
import { FieldType } from '../../../src/protocol/constants.js';
import { writeExecuteOf } from '../../../src/protocol/packets/repeated-execute.js';
import { encodeCommands } from '../../../src/protocol/wire/writer.js';
import { ParameterHistory } from '../../../src/session/parameter-history.js';
import { executePacket } from '../../support/execute-packets.js';

const states = new StateInterner();
const state = states.get('', null, new Map());
const latin1 = states.get('', { charset: 'latin1', collation: null }, new Map());
const { date, double, longLong, null: isNull, varString } = FieldType;
const types = (...each: number[]) => Uint16Array.from(each);
const fresh = () => new PreparedOnServer({ key: '' }, 7);

/** What is repeated on a server that knows nothing of the statement. */
function repeated(history: ParameterHistory): number[][] {
  const prepared = fresh();
  const found: number[][] = [];
  for (let next = history.nextFor(prepared); next !== null; next = history.nextFor(prepared)) {
    found.push([...next.types]);
    history.onRepeated(prepared);
  }
  return found;
}

describe('ParameterHistory', () => {
  it('repeats what came before, not the execution under way', () => {
    const history = new ParameterHistory(1, state, types(double));
    history.note({ types: types(date), state }, true);
    expect(repeated(history)).toEqual([[double]]);
    history.note({ types: types(isNull), state }, true);
    expect(repeated(history)).toEqual([[double], [date]]);
  });

  it('leaves out what a server takes as it is: texts, NULLs, and numbers that have room', () => {
    const history = new ParameterHistory(2, state, null);
    for (const each of [types(varString, isNull), types(double, varString), types(longLong, isNull), types(varString, varString)])
      history.note({ types: each, state }, true);
    expect(repeated(history)).toEqual([[double, varString]]);
  });

  it('repeats nothing where the execution was', () => {
    const history = new ParameterHistory(1, state, types(double));
    const prepared = fresh();
    history.note({ types: types(date), state }, true);
    history.onExecuted(prepared);
    history.note({ types: types(isNull), state }, true);
    expect(history.nextFor(prepared)).toBeNull();
  });

  it('forgets the oldest of too many', () => {
    const history = new ParameterHistory(1, state, null);
    for (let turn = 0; turn < 10; turn++) history.note({ types: types(turn % 2 === 0 ? longLong : date | (turn << 8)), state }, true);
    history.note({ types: types(isNull), state }, true);
    expect(repeated(history).length).toBeLessThanOrEqual(8);
  });

  it('tells where types were bound in another character set', () => {
    const history = new ParameterHistory(1, state, null);
    const bound = Buffer.from([varString, 0]);
    const prepared = fresh();
    history.note({ types: types(varString), state }, true);
    prepared.boundTypes = bound;
    expect(history.isBoundOtherwise(prepared, bound, state)).toBe(false);
    expect(history.isBoundOtherwise(fresh(), bound, state)).toBe(true);
    history.note({ types: types(varString), state: latin1 }, true);
    expect(history.isBoundOtherwise(prepared, bound, state)).toBe(true);
    history.onExecuted(prepared);
    history.note({ types: types(varString), state }, false);
    expect(history.isBoundOtherwise(prepared, bound, state)).toBe(false);
  });
});

describe('writeExecuteOf', () => {
  it('writes what a client with such values writes', () => {
    const values = [0, '', null, { double: 0 }, { decimal: '0' }, { date: '2000-01-01' }, { tiny: 0 }];
    const own = types(longLong, varString, isNull, double, FieldType.newDecimal, date, FieldType.tiny);
    const bytes = encodeCommands([(writer) => writeExecuteOf(writer, 9, 0, own, false)]);
    expect(bytes.subarray(4)).toEqual(executePacket(9, values));
  });

  it('names the parameters where attributes are negotiated', () => {
    const bytes = encodeCommands([(writer) => writeExecuteOf(writer, 9, 1, types(longLong), true)]);
    const counted = executePacket(9, [0], { flags: 1, attributes: {} });
    expect(bytes.subarray(4)).toEqual(counted);
  });
});

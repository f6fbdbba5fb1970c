import { describe, expect, it } from 'vitest';
import { StateInterner } from '../../../src/backend/connection-state.js';
import { Capability } from '../../../src/protocol/constants.js';
import { hasNull, takeBulkTypes, takeTypes } from '../../../src/session/parameter-types.js';
import type { ClientStatement } from '../../../src/session/prepared-statements.js';
import { StatementForms } from '../../../src/session/statement-form.js';
import type { DigestEntry } from '../../../src/sql/digest-entry.js';
import { BulkFlag, bulkPacket, type ExecuteOptions, executePacket, type Parameter } from '../../support/execute-packets.js';

const state = new StateInterner().get('', null, new Map());
const forms = new StatementForms();

function statement(parameters: number): ClientStatement {
  const text = Buffer.from('SELECT ?, ?');
  const form = forms.get(state, text);
  return {
    ...{
      id: 7,
      text,
      entry: {} as DigestEntry,
      hint: null,
      state,
      form,
      plainForm: form,
      cursorForm: null,
      parameters,
      columns: 1,
    },
    ...{
      types: null,
      fixed: null,
      typesFixed: false,
      history: null,
      longData: null,
      longDataError: null,
      home: null,
      cursor: null,
      openCursor: null,
    },
  };
}

/** Types of an execution taken over as by a server that fixes them. */
function execute(of: ClientStatement, values: readonly Parameter[], options: ExecuteOptions = {}): boolean {
  const packet = executePacket(7, values, options);
  const capabilities = options.attributes === undefined ? 0 : Capability.queryAttributes;
  return takeTypes(of, packet, 0, packet.length, capabilities, true);
}

describe('takeTypes', () => {
  it('remembers the types of an execution, and of one without types that it has none', () => {
    const of = statement(2);
    expect(execute(of, [1, 'x'])).toBe(true);
    expect(of.types).toEqual(Buffer.from([8, 0, 253, 0]));
    expect(execute(of, [2, 'y'], { types: false })).toBe(false);
    expect(of.types).toEqual(Buffer.from([8, 0, 253, 0]));
  });

  it('leaves the types of attributes out', () => {
    const of = statement(1);
    expect(execute(of, [1], { attributes: { origin: 'here' } })).toBe(true);
    expect(of.types).toEqual(Buffer.from([8, 0, 0]));
  });

  it('shares a form between statements of the same types, apart from the one without any', () => {
    const [one, two] = [statement(2), statement(2)];
    expect(one.form).toBe(two.form);
    execute(one, [1, 'x']);
    expect(one.form).not.toBe(two.form);
    execute(two, [5, 'y']);
    expect(one.form).toBe(two.form);
    expect([one.form.isAlone, one.typesFixed]).toEqual([false, true]);
  });

  it('fixes a type with the first value that is not NULL', () => {
    const [one, two] = [statement(2), statement(2)];
    execute(one, [1, null]);
    expect(one.typesFixed).toBe(false);
    execute(one, [null, 'x']);
    execute(two, [{ null: 'longLong' }, 'y']);
    execute(two, [3, 'y'], { types: false });
    expect([one.form, one.typesFixed]).toEqual([two.form, true]);
    const untouched = statement(2);
    execute(untouched, [null, null]);
    expect(untouched.form).toBe(untouched.plainForm);
  });

  it('gives a statement that changes types a form of its own, for good', () => {
    const of = statement(1);
    execute(of, [1]);
    execute(of, ['x']);
    const { form } = of;
    expect(form.isAlone).toBe(true);
    execute(of, [2]);
    expect(of.form).toBe(form);
  });

  it('knows nothing of forms where servers fix no types', () => {
    const of = statement(1);
    for (const value of [1, 'x']) {
      const packet = executePacket(7, [value]);
      expect(takeTypes(of, packet, 0, packet.length, 0, false)).toBe(true);
    }
    expect(of.form).toBe(of.plainForm);
  });

  it.each([10, 11, 12, 14])('leaves a packet of %i bytes to the server', (length) => {
    const of = statement(2);
    expect(takeTypes(of, executePacket(7, [1, 'x']), 0, length, 0, true)).toBe(false);
    expect(of.types).toBeNull();
  });
});

it('takeBulkTypes takes them where they are, and nothing from a packet that ends in them', () => {
  const of = statement(2);
  const packet = bulkPacket(7, [[1, 'x']], BulkFlag.sendsTypes);
  expect(takeBulkTypes(of, packet, 0, 10)).toBe(false);
  expect(takeBulkTypes(of, packet, 0, packet.length)).toBe(true);
  expect(of.types).toEqual(Buffer.from([8, 0, 253, 0]));
  const untyped = bulkPacket(7, [[1, 'x']], 0);
  expect(takeBulkTypes(of, untyped, 0, untyped.length)).toBe(false);
});

it.each([
  [[1, 2], false],
  [[1, null], true],
  [[{ null: 'longLong' }, 2], true],
] as const)('hasNull looks at the bits of %j', (values, expected) => {
  for (const attributes of [undefined, { origin: 'here' }]) {
    const packet = executePacket(7, values, attributes === undefined ? {} : { attributes });
    const capabilities = attributes === undefined ? 0 : Capability.queryAttributes;
    expect(hasNull(statement(2), packet, 0, packet.length, capabilities)).toBe(expected);
  }
});

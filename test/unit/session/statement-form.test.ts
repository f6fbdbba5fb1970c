import { expect, it } from 'vitest';
import { StateInterner } from '../../../src/backend/connection-state.js';
import { StatementForms } from '../../../src/session/statement-form.js';

const states = new StateInterner();
const plain = states.get('app', null, new Map());
const text = (sql: string): Buffer => Buffer.from(sql);

it('shares forms by text and by what parsing depends on', () => {
  const forms = new StatementForms();
  const form = forms.get(plain, text('SELECT 1'));
  expect(forms.get(plain, text('SELECT 1'))).toBe(form);
  expect(forms.get(plain, text('SELECT 2'))).not.toBe(form);
  expect(forms.get(states.get('other', null, new Map()), text('SELECT 1'))).not.toBe(form);
  expect(forms.get(states.get('app', null, new Map([['sql_mode', 'ANSI_QUOTES']])), text('SELECT 1'))).not.toBe(form);
  expect(forms.get(states.get('app', null, new Map([['autocommit', 'OFF']])), text('SELECT 1'))).toBe(form);
});

it('keeps no more forms and bytes than it may', () => {
  const byNumber = new StatementForms(2);
  const first = byNumber.get(plain, text('SELECT 1'));
  for (const sql of ['SELECT 2', 'SELECT 3']) byNumber.get(plain, text(sql));
  expect(byNumber.get(plain, text('SELECT 1'))).not.toBe(first);
  const byBytes = new StatementForms(100, 20);
  const one = byBytes.get(plain, text('SELECT 1234'));
  byBytes.get(plain, text('SELECT 5678'));
  expect(byBytes.get(plain, text('SELECT 1234'))).not.toBe(one);
  const long = text(`SELECT '${'x'.repeat(300_000)}'`);
  const forms = new StatementForms();
  const [third, fourth] = [forms.get(plain, long), forms.get(plain, long)];
  expect([third === fourth, third.key === fourth.key, third.key.length < 1000]).toEqual([false, true, true]);
});

it('shares typed forms, up to a number of type lists', () => {
  const form = new StatementForms().get(plain, text('SELECT ?'));
  expect(form.withTypes(new Uint16Array([8]))).toBe(form.withTypes(new Uint16Array([8])));
  expect(form.withTypes(new Uint16Array([8]))).not.toBe(form.withTypes(new Uint16Array([253])));
  for (let type = 0; type < 200; type++) form.withTypes(new Uint16Array([type, 1]));
  const alone = form.withTypes(new Uint16Array([7, 7]));
  expect([alone.isAlone, alone === form.withTypes(new Uint16Array([7, 7]))]).toEqual([true, false]);
  // Lists of many parameters take more room.
  const long = new StatementForms().get(plain, text('SELECT ?'));
  expect([1, 2, 3].map((type) => long.withTypes(new Uint16Array(65_535).fill(250 + type)).isAlone)).toEqual([false, true, true]);
});

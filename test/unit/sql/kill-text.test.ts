import { describe, expect, it } from 'vitest';
import { type KillTarget, parseKill } from '../../../src/sql/kill-text.js';

const number = (value: bigint): KillTarget => ({ kind: 'number', number: value });

/** The text of an expression, `!` behind it when its parentheses cannot be put into others; else the target. */
function read(text: string, isMariadb = true): unknown {
  const request = parseKill(Buffer.from(text), 0, isMariadb);
  if (request === null) return null;
  const { target, queryOnly } = request;
  const shown = target.kind === 'expression' ? `${text.slice(target.start, target.end)}${target.isBalanced ? '' : '!'}` : target;
  return queryOnly ? ['query', shown] : shown;
}

describe('parseKill', () => {
  it.each([
    ['KILL 5', number(5n)],
    ['kill query 257;', ['query', number(257n)]],
    ['KILL CONNECTION 5', number(5n)],
    ['KILL HARD QUERY 5', ['query', number(5n)]],
    ['KILL CONNECTION_ID()', { kind: 'own' }],
    ['KILL QUERY connection_id ( )', ['query', { kind: 'own' }]],
    ['KILL @@pseudo_thread_id', { kind: 'own' }],
    ["KILL '5'", number(5n)],
    ['KILL -1', number(-1n)],
    ['KILL 99999999999999999999', number(99999999999999999999n)],
    ['KILL QUERY ID 5', ['query', { kind: 'statement' }]],
    ['KILL ID', 'ID'],
    ['KILL USER root', { kind: 'user', name: 'root', host: null }],
    ["KILL QUERY USER 'root'@'%'", ['query', { kind: 'user', name: 'root', host: null }]],
    ['KILL SOFT USER `a`@localhost', { kind: 'user', name: 'a', host: 'localhost' }],
    ['KILL USER CURRENT_USER()', { kind: 'user', name: null, host: null }],
    ['KILL USER()', 'USER()'],
    ['KILL 5; KILL 6', null],
    ['KILL /*! 5 */', null],
    ['KILL 5+1', '5+1'],
    ['KILL /* a */ (5 ) /* b */ ;', '(5 )'],
    ['KILL', ''],
    ['KILL QUERY', ['query', '']],
    ['KILL 5) + (6', '5) + (6!'],
    ['KILL (5', '(5!'],
  ])('%s', (text, expected) => expect(read(text)).toEqual(expected));

  it.each([
    ['KILL HARD 5', 'HARD 5'],
    ['KILL QUERY ID 5', ['query', 'ID 5']],
    ['KILL USER root', 'USER root'],
  ])('%s, which MySQL does not know', (text, expected) => expect(read(text, false)).toEqual(expected));
});

import { expect, it } from 'vitest';
import { ServerStatements } from '../../../src/backend/server-statements.js';

const identity = (key: string) => ({ key });

it('gives up the statement whose use is longest ago, unless it has a cursor', () => {
  const statements = new ServerStatements();
  const [one, two, three] = ['1', '2', '3'].map((key, index) => statements.add(identity(key), index + 1));
  expect(statements.leastUsed()).toBe(one);
  statements.use(one!);
  expect(statements.leastUsed()).toBe(two);
  two!.hasCursor = true;
  expect(statements.leastUsed()).toBe(three);
  statements.forget(three!);
  statements.forget(one!);
  expect([statements.leastUsed(), statements.size]).toEqual([null, 1]);
});

it('knows a statement by the object only, and by a new one when it is renamed', () => {
  const statements = new ServerStatements();
  const [first, second] = [identity('same'), identity('same')];
  const statement = statements.add(first, 5);
  expect(statements.get(second)).toBeUndefined();
  statements.rename(statement, second);
  expect([statements.get(first), statements.get(second), statements.size]).toEqual([undefined, statement, 1]);
  statements.clear();
  expect(statements.size).toBe(0);
});

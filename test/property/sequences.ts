import type { SeededRandom } from '../soak/random.js';
import type { Action } from './step.js';

/** An XA transaction from its start to its end: one that was prepared and left would keep others waiting for its locks. */
export function xaTransaction(session: number, random: SeededRandom): string[] {
  const id = random.pick([`'x${session}'`, `'x${session}','branch',7`]);
  const inside = [
    'INSERT INTO t2 (a) VALUES (7)',
    'UPDATE t1 SET b = 8 WHERE id = 1',
    'SELECT COUNT(*) FROM t2',
    'COMMIT',
    'BEGIN',
    'DO 1',
  ];
  const work = Array.from({ length: random.between(0, 3) }, () => random.pick(inside));
  const begin = [`XA START ${id}`, ...work];
  const end = random.next() < 0.9 ? [`XA END ${id}`] : [`XA PREPARE ${id}`, `XA END ${id}`];
  const idle = random.next() < 0.3 ? ['SELECT COUNT(*) FROM t2'] : [];
  const onePhase = `XA COMMIT ${id} ONE PHASE`;
  const outcomes = [
    [onePhase],
    [`XA ROLLBACK ${id}`],
    [`XA PREPARE ${id}`, `XA COMMIT ${id}`],
    [`XA PREPARE ${id}`, ...idle, `XA ROLLBACK ${id}`],
  ];
  return [...begin, ...end, ...idle, ...random.pick(outcomes), `XA COMMIT 'nobody''s'`];
}

/** An execution that may open a cursor, and what is fetched from it. */
export function cursorReads(execution: Extract<Action, { do: 'execute' }>, random: SeededRandom): Action[] {
  const { slot } = execution;
  const fetches = Array.from({ length: random.between(1, 3) }, (): Action => ({ do: 'fetch', slot, rows: random.pick([1, 2, 100]) }));
  const last: Action[] = random.next() < 0.3 ? [{ do: 'resetStatement', slot }] : [];
  return [{ ...execution, hasCursor: true }, ...fetches, ...last];
}

/** Pieces for the parameter at `index`, and the execution with them; now and then for one that there is not. */
export function longDataExecution(execution: Extract<Action, { do: 'execute' }>, index: number, random: SeededRandom): Action[] {
  const { slot, values } = execution;
  const isWrong = random.next() < 0.1;
  const parameter = isWrong ? values.length : index;
  const pieces = random.pick([['long'], ['in ', 'pieces'], [''], ['größe', '']]);
  const sent = pieces.map((data): Action => ({ do: 'longData', slot, parameter, data }));
  const own = isWrong ? values : values.map((value, place) => (place === index ? { long: null } : value));
  return [...sent, { do: 'execute', slot, values: own }, ...(isWrong ? [{ do: 'resetStatement', slot } as const] : [])];
}

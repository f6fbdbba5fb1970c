import type { WriterConflict } from '../placement.js';
import type { WriterConflictAnswer } from '../writer-choice.js';
import type { ServerEvent } from './event.js';

/** One event for each conflict that begins or changes, and one for each that ends. */
export function conflictEvents(before: readonly WriterConflict[], after: readonly WriterConflict[]): ServerEvent[] {
  const known = new Map(before.map((conflict) => [conflict.pair, conflict]));
  const going = new Set(after.map(({ pair }) => pair));
  const begun = after.flatMap((conflict): ServerEvent[] => {
    const was = known.get(conflict.pair);
    if (JSON.stringify(was) === JSON.stringify(conflict)) return [];
    return [{ kind: 'conflict', from: was ? 'conflict' : 'none', to: 'conflict', ...detailsOf(conflict) }];
  });
  const ended = before
    .filter(({ pair }) => !going.has(pair))
    .map((conflict): ServerEvent => ({ kind: 'recovery', from: 'conflict', to: 'none', ...detailsOf(conflict) }));
  return [...begun, ...ended];
}

const WHO_WRITES: Readonly<Record<WriterConflictAnswer, string>> = {
  keep: 'only the known writer gets them',
  refuse: 'nobody gets them',
  all: 'each of them gets some',
};

function detailsOf({ pair, writer, others, answer }: WriterConflict): Pick<ServerEvent, 'server' | 'hostgroups' | 'reason'> {
  const who = others.length === 1 ? 'accepts' : 'accept';
  return {
    server: writer,
    hostgroups: pair.split('/').map(Number),
    reason: `${others.join(', ')} ${who} writes too; ${WHO_WRITES[answer]}`,
  };
}

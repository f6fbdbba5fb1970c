import type { DetailName } from '../stats/details.js';
import type { ToMain } from './messages.js';

/** Rows of one message: some milliseconds of work at most, so that statements do not wait for those who look at statistics. */
export const ROWS_OF_PART = 250;

/**
 * Sends the rows that `take` gives, a part a turn of the event loop. `take(limit)` gives at most `limit` rows, and fewer only when there are
 * no more.
 */
export function answerInParts(
  send: (message: ToMain) => void,
  request: number,
  what: DetailName,
  take: (limit: number) => readonly unknown[],
): void {
  const rows = take(ROWS_OF_PART);
  const last = rows.length < ROWS_OF_PART;
  send({ type: 'details-reply', request, what, rows, last });
  if (!last) setImmediate(() => answerInParts(send, request, what, take));
}

/** For `answerInParts`: `count` rows that are made when their turn comes; null leaves one out. */
export function takeFrom<Source, Row>(sources: readonly Source[], toRow: (source: Source) => Row | null): (limit: number) => Row[] {
  let position = 0;
  return (limit) => {
    const rows: Row[] = [];
    while (rows.length < limit && position < sources.length) {
      const row = toRow(sources[position++] as Source);
      if (row !== null) rows.push(row);
    }
    return rows;
  };
}

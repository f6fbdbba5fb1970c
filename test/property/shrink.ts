import type { SessionKind } from './side.js';
import { describeStep, type History, type Step } from './step.js';
import { type Difference, PlainUnanswered, type Twins } from './twins.js';

/** A history that still shows a difference, as short as it could be made. */
export interface Shrunk {
  readonly history: History;
  readonly difference: Difference;
}

/**
 * Leaves parts of a failing history out for as long as the same step has a difference, other sessions first. It ends after `limitMs`, or when
 * nothing more can be left out. @returns the last that failed; null when the history itself did not fail again
 */
export async function shrink(
  twins: Twins,
  sessions: readonly SessionKind[],
  failed: History,
  first: Difference,
  limitMs: number,
): Promise<Shrunk | null> {
  const deadline = Date.now() + limitMs;
  let best: Shrunk | null = null;
  const attempt = async (history: History): Promise<boolean> => {
    // Left to themselves, statements may wait for locks of others.
    const difference = await twins.play(history, sessions).catch((error: unknown) => {
      if (error instanceof PlainUnanswered) return null;
      throw error;
    });
    const isSame = difference !== null && signature(difference) === signature(first);
    if (isSame) best = { history: history.slice(0, difference.round + 1), difference };
    return isSame;
  };
  const { session } = first.step;
  await attempt(failed);
  await attempt(sequential(failed).filter(([step]) => step!.session === session));
  for (let size = Math.ceil(current(best, failed).length / 2); size >= 1 && Date.now() < deadline; size = nextSize(size)) {
    let start = 0;
    while (start < current(best, failed).length && Date.now() < deadline) {
      const history = current(best, failed);
      const shorter = [...history.slice(0, start), ...history.slice(start + size)];
      if (shorter.length === 0 || !(await attempt(shorter))) start += size;
    }
  }
  return best;
}

/** What makes a difference of a shorter history the same: the step, and whether either side refused it. */
const signature = ({ step, twin, weir }: Difference): string =>
  [describeStep(step), ...[twin, weir].map((packets) => packets[0]?.slice(0, 5))].join();

const current = (best: Shrunk | null, failed: History): History => best?.history ?? failed;
const nextSize = (size: number): number => (size === 1 ? 0 : Math.ceil(size / 2));
const sequential = (history: History): Step[][] => history.flatMap((round) => round.map((step) => [step]));

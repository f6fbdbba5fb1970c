/** More differences than this share of the name's letters, and it is another name. */
const LARGEST_SHARE = 0.4;

/** The candidate that is most like the name, case aside; null when none is like it. The first of several that are as near. */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  const wanted = name.toLowerCase();
  let nearest: string | null = null;
  let least = Math.max(1, Math.floor(wanted.length * LARGEST_SHARE)) + 1;
  for (const candidate of candidates) {
    const differences = editDistance(wanted, candidate.toLowerCase());
    if (differences < least) [nearest, least] = [candidate, differences];
  }
  return nearest;
}

/** Letters to insert, delete or replace (Levenshtein), or to swap with their neighbour. */
function editDistance(left: string, right: string): number {
  let [beforeLast, last] = [[] as number[], Array.from({ length: right.length + 1 }, (_, index) => index)];
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = last[column - 1]! + Number(left[row - 1] !== right[column - 1]);
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, replaced);
      const isSwap = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return last[right.length]!;
}

/** `weir.db` can not be used. The message names the path and what to do; the file has not been changed. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly path: string,
    problem: string,
    wayOut: string,
    cause?: unknown,
  ) {
    super(`${path}: ${problem}. ${wayOut}`, cause === undefined ? undefined : { cause });
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

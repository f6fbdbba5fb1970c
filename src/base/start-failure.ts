/** The start can not go on; every line goes to stderr. */
export class StartFailure extends Error {
  constructor(
    readonly exitCode: 1 | 2,
    readonly lines: readonly string[],
  ) {
    super(lines.join('\n'));
  }
}

/** Says why on stderr and ends the process. */
export function failStart(error: unknown): void {
  const lines =
    error instanceof StartFailure ? error.lines : [error instanceof Error ? `weir: ${error.stack ?? error.message}` : String(error)];
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exit(error instanceof StartFailure ? error.exitCode : 1);
}

import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly level?: LogLevel;
  /** Fields of every line, e.g. `{ process: 'worker', worker: 2 }`. */
  readonly fields?: Readonly<Record<string, string | number>>;
  /** Path of a log file. Without it the lines go to stderr. */
  readonly file?: string;
  /** For tests: takes the lines instead of stderr or the file. */
  readonly stream?: DestinationStream;
}

export interface Log {
  readonly logger: Logger;
  /** Closes and opens the log file again, for log rotation (SIGHUP); nothing to do where the log is stderr. */
  reopen(): void;
}

/**
 * One JSON line an event. Lines are written synchronously: the last lines before an exit are those that are wanted most,
 * and the data plane logs events, not statements.
 * @throws Error of the file system when the log file can not be opened
 */
export function createLog(options: LogOptions = {}): Log {
  const file = options.stream ? null : destination({ dest: options.file ?? 2, sync: true });
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: { pid: process.pid, ...options.fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // A row or an account logged whole must not take its password along.
      redact: { paths: ['password', '*.password'], censor: '[hidden]' },
    },
    options.stream ?? file!,
  );
  return { logger, reopen: () => (options.file === undefined ? undefined : file?.reopen()) };
}

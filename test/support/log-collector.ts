import type { Readable } from 'node:stream';

/** One event of weir's log; a line that is not JSON is kept as `{ msg: line, raw: true }`. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** Chooses log lines: by `msg`, by a pattern over the whole line, or by a function. */
export type LogFilter = string | RegExp | ((line: LogLine) => boolean);

interface Waiter {
  readonly matches: (line: LogLine) => boolean;
  readonly resolve: (line: LogLine) => void;
}

/** Reads JSON log lines as they come, keeps them, and lets tests wait for one. */
export class LogCollector {
  readonly lines: LogLine[] = [];
  private readonly waiters = new Set<Waiter>();
  private rest = '';

  constructor(stream: Readable) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.feed(text));
  }

  /**
   * The first line that matches, among those already seen from `from` on or still to come.
   *
   * @throws with the last lines of the log when none comes within `timeoutMs`
   */
  async waitFor(filter: LogFilter, timeoutMs = 10_000, from = 0): Promise<LogLine> {
    const matches = predicate(filter);
    const seen = this.lines.slice(from).find(matches);
    if (seen !== undefined) return seen;
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        matches,
        resolve: (line) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve(line);
        },
      };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(new Error(`no log line matched ${String(filter)} within ${timeoutMs} ms; the last ones were:\n${this.tail()}`));
      }, timeoutMs);
      this.waiters.add(waiter);
    });
  }

  filter(filter: LogFilter): LogLine[] {
    return this.lines.filter(predicate(filter));
  }

  tail(count = 20): string {
    return this.lines
      .slice(-count)
      .map((line) => (line['raw'] === true ? String(line.msg) : JSON.stringify(line)))
      .join('\n');
  }

  private feed(text: string): void {
    const parts = (this.rest + text).split('\n');
    this.rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') this.add(parseLine(part));
  }

  private add(line: LogLine): void {
    this.lines.push(line);
    for (const waiter of [...this.waiters]) if (waiter.matches(line)) waiter.resolve(line);
  }
}

function parseLine(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as LogLine;
  } catch {
    // Node's own warnings and stack traces are no JSON.
  }
  return { msg: text, raw: true };
}

function predicate(filter: LogFilter): (line: LogLine) => boolean {
  if (typeof filter === 'string') return (line) => line.msg === filter;
  if (filter instanceof RegExp) return (line) => filter.test(JSON.stringify(line));
  return filter;
}

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scheduler } from '../../../../src/admin/scheduler/scheduler.js';
import { createLog } from '../../../../src/base/log.js';
import { checkLoad } from '../../../../src/config/load-checks.js';
import type { ConfigRow } from '../../../../src/config/table-types.js';

let directory: string;
let lines: Record<string, unknown>[];
let timeoutMs: number;
let scheduler: Scheduler;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-scheduler-'));
  lines = [];
  timeoutMs = 10_000;
  const log = createLog({ stream: { write: (line) => lines.push(JSON.parse(line)) }, level: 'debug' }).logger;
  scheduler = new Scheduler(() => timeoutMs, log);
});
afterEach(async () => {
  await scheduler.stop();
  rmSync(directory, { recursive: true, force: true });
});

function script(name: string, body: string, mode = 0o700): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode });
  return path;
}

const row = (id: number, filename: string, fields: ConfigRow = {}): ConfigRow => ({
  ...{ id, active: 1, interval_ms: 100_000, filename, arg1: null, arg2: null, arg3: null, arg4: null, arg5: null, comment: '' },
  ...fields,
});

async function until<Value>(look: () => Value | false | undefined | null): Promise<Value> {
  for (let turn = 0; turn < 400; turn++) {
    const value = look();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not within 4 s; ${JSON.stringify(scheduler.status)} ${JSON.stringify(lines)}`);
}

const statusOf = (id: number) => scheduler.status.find((status) => status.id === id)!;
const ended = (id: number) => until(() => statusOf(id).runs > 0 && !statusOf(id).running && statusOf(id));
const read = (name: string): string => (existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : '');
const failures = () => lines.filter(({ msg }) => msg === 'scheduled program failed');

describe('a program', () => {
  it('gets its arguments as they are, no shell, and little of an environment', async () => {
    const path = script(
      'show',
      `for each in "$@"; do echo "[$each]"; done > ${directory}/out; env | cut -d= -f1 | sort | xargs echo >> ${directory}/out`,
    );
    scheduler.apply([row(1, path, { arg1: '$HOME; rm -rf x', arg2: '', arg3: 'a "b"', arg4: '*' })]);
    expect(await ended(1)).toMatchObject({ filename: path, runs: 1, failures: 0, lastExit: '0', lastError: '' });
    const [variables, ...args] = read('out').trimEnd().split('\n').reverse();
    expect(args.reverse()).toEqual(['[$HOME; rm -rf x]', '[]', '[a "b"]', '[*]']);
    expect(variables!.split(' ').filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name))).toEqual(['LANG', 'PATH']);
    expect(statusOf(1).lastStartSec).toBeGreaterThan(1_700_000_000);
  });

  it('runs at once and at its interval', async () => {
    const path = script('count', `echo run >> ${directory}/runs`);
    const begunMs = Date.now();
    scheduler.apply([row(1, path, { interval_ms: 100 })]);
    await until(() => read('runs').split('\n').length > 4);
    expect(Date.now() - begunMs).toBeGreaterThanOrEqual(290);
  });

  it.each([
    ['that is missing', () => '/nowhere/at-all', 'there is no such file'],
    ['that is not executable', () => script('plain', 'true', 0o600), 'is not executable'],
    ['that is a directory', () => directory, 'is a directory'],
    ['with a NUL in its name', () => 'x\0y', 'null bytes'],
  ])('%s is a failure with its reason', async (_name, make, reason) => {
    const path = make();
    scheduler.apply([row(1, path)]);
    expect((await ended(1)).lastError).toContain(reason);
    expect(statusOf(1)).toMatchObject({ failures: 1, lastExit: '' });
    expect(failures()).toMatchObject([{ level: 'warn', id: 1, error: expect.stringContaining(reason) }]);
  });

  it('that fails is logged with the beginning of its output, once a minute', async () => {
    const path = script('fail', 'echo to-out; echo to-err >&2; head -c 9000 /dev/zero | tr "\\0" x; exit 3');
    scheduler.apply([row(1, path, { interval_ms: 100 })]);
    await until(() => statusOf(1).failures >= 3);
    expect(statusOf(1)).toMatchObject({ lastExit: '3', lastError: 'exit code 3' });
    expect(failures()).toMatchObject([{ error: 'exit code 3', stderr: 'to-err\n' }]);
    expect(String(failures()[0]!['stdout'])).toMatch(/^to-out\nx{4089}…$/);
  });

  it('that takes too long is ended with what it has started', async () => {
    timeoutMs = 150;
    const path = script('slow', `sleep 30 & echo $! > ${directory}/child; wait`);
    scheduler.apply([row(1, path)]);
    expect(await ended(1)).toMatchObject({ lastExit: 'SIGTERM', lastError: 'ended after 150 ms (admin-scheduler_timeout_ms)' });
    await until(() => !isAlive(Number(read('child'))));
  });

  it('that does not hear SIGTERM is killed', async () => {
    timeoutMs = 150;
    const path = script('deaf', "trap '' TERM; while true; do sleep 0.1; done");
    scheduler.apply([row(1, path)]);
    expect(await ended(1)).toMatchObject({ lastExit: 'SIGKILL', lastError: expect.stringContaining('ended after 150 ms') });
  });

  it('is not waited for when only its children have its output', async () => {
    const path = script('leaves', `sleep 5 & echo $! > ${directory}/child`);
    scheduler.apply([row(1, path)]);
    expect((await ended(1)).lastDurationMs).toBeLessThan(2_000);
    process.kill(Number(read('child')), 'SIGKILL');
  });

  it('never runs twice at the same time', async () => {
    const path = script('long', `echo run >> ${directory}/runs; sleep 0.45`);
    scheduler.apply([row(1, path, { interval_ms: 100 })]);
    await until(() => statusOf(1).skipped >= 3);
    expect(read('runs')).toBe('run\n');
    expect(lines.filter(({ msg }) => String(msg).includes('still runs'))).toHaveLength(1);
    await until(() => statusOf(1).runs === 2);
  });
});

describe('rows', () => {
  it('that did not change keep their times, others begin, change and end', async () => {
    const path = script('name', `echo "$1" >> ${directory}/names`);
    scheduler.apply([row(1, path, { arg1: 'one' }), row(2, path, { arg1: 'two' }), row(3, path, { active: 0, arg1: 'three' })]);
    await ended(1);
    await ended(2);
    scheduler.apply([row(1, path, { arg1: 'one' }), row(2, path, { arg1: 'new' }), row(3, path, { arg1: 'three' })]);
    await ended(3);
    await until(() => statusOf(2).runs === 2 && !statusOf(2).running);
    expect(read('names').trim().split('\n').sort()).toEqual(['new', 'one', 'three', 'two']);
    scheduler.apply([row(3, path, { arg1: 'three' })]);
    expect(scheduler.status.map(({ id, runs }) => [id, runs])).toEqual([[3, 1]]);
  });

  it('that are gone let their run end, and a stop ends it', async () => {
    const path = script('wait', `echo $$ > ${directory}/pid; exec sleep 30`);
    scheduler.apply([row(1, path), row(2, path)]);
    const pid = Number(await until(() => read('pid').trim()));
    scheduler.apply([]);
    expect(scheduler.status).toEqual([]);
    expect(isAlive(pid)).toBe(true);
    const begunMs = performance.now();
    await scheduler.stop();
    expect(performance.now() - begunMs).toBeLessThan(1_500);
    expect(isAlive(pid)).toBe(false);
    scheduler.apply([row(5, path)]);
    expect(scheduler.status).toEqual([]);
  });

  it('with an argument behind NULL are warned of', () => {
    const rows = { scheduler: [row(7, '/bin/true', { arg1: 'a', arg3: 'c' }), row(8, '/bin/true', { arg1: '' })] };
    expect(checkLoad('SCHEDULER', rows, rows).warnings).toEqual([
      "scheduler (7): arg3: is not passed, since arg2 is NULL; an empty argument is ''",
    ]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that nobody has waited for is dead all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

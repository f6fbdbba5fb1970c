import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../../src/base/log.js';
import type { RecordedEvent } from '../../../../src/monitor/events/event.js';
import { EventHook, MOST_WAITING } from '../../../../src/monitor/events/event-hook.js';

let directory: string;
let lines: Record<string, unknown>[];
let settings: { filename: string; timeoutMs: number };
let hook: EventHook;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-hook-'));
  lines = [];
  settings = { filename: '', timeoutMs: 10_000 };
  hook = new EventHook(() => settings, createLog({ stream: { write: (line) => lines.push(JSON.parse(line)) }, level: 'debug' }).logger);
});
afterEach(async () => {
  await hook.stop();
  rmSync(directory, { recursive: true, force: true });
});

function script(body: string, mode = 0o700): void {
  settings = { ...settings, filename: join(directory, 'hook') };
  writeFileSync(settings.filename, `#!/bin/sh\n${body}\n`, { mode });
}

const event = (fields: Partial<RecordedEvent> = {}): RecordedEvent => ({
  ...{ kind: 'status', server: 'db1:3306', hostgroups: [10, 20], from: 'ONLINE', to: 'SHUNNED', reason: 'ping failed' },
  ...{ timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 67) },
  ...fields,
});

async function until(what: string, look: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) {
    if (look()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what}: not within 10 s; ${JSON.stringify(hook.totals)} ${JSON.stringify(lines)}`);
}

const runs = (): number => hook.totals.ok + hook.totals.failed;
const written = (): string[] =>
  existsSync(join(directory, 'out')) ? readFileSync(join(directory, 'out'), 'utf8').trimEnd().split('\n') : [];

describe('event hook', () => {
  it('gets the documented arguments as they are, without a shell', async () => {
    script(`for each in "$@"; do echo "[$each]"; done > ${directory}/out; echo said; echo moaned >&2`);
    hook.onEvent(event({ reason: '$(touch x); "a" *' }));
    await until('its run', () => runs() === 1);
    const args = ['status', 'db1:3306', '10,20', 'ONLINE', 'SHUNNED', '$(touch x); "a" *', '2026-01-02T03:04:05.067Z'];
    expect(written()).toEqual(args.map((each) => `[${each}]`));
    expect(hook.totals).toEqual({ ok: 1, failed: 0, left_out: 0 });
    expect(lines).toMatchObject([{ msg: 'event hook ended', event: 'status', server: 'db1:3306', stdout: 'said\n', stderr: 'moaned\n' }]);
  });

  it('does nothing where none is named', () => {
    hook.onEvent(event());
    expect(hook.totals).toEqual({ ok: 0, failed: 0, left_out: 0 });
    expect(lines).toEqual([]);
  });

  it('is told of as failed: an exit code, a missing file, too long a time', async () => {
    script('echo why; exit 3');
    hook.onEvent(event());
    await until('the exit code', () => runs() === 1);
    settings = { ...settings, filename: join(directory, 'missing') };
    hook.onEvent(event());
    await until('the missing file', () => runs() === 2);
    script('sleep 60');
    settings = { ...settings, timeoutMs: 100 };
    hook.onEvent(event());
    await until('the time', () => runs() === 3);
    expect(hook.totals).toEqual({ ok: 0, failed: 3, left_out: 0 });
    expect(lines.map(({ msg, error }) => [msg, error])).toEqual([
      ['event hook failed', 'exit code 3'],
      ['event hook failed', `${join(directory, 'missing')}: there is no such file`],
      ['event hook failed', 'ended after 100 ms (mysql-event_hook_timeout_ms)'],
    ]);
    expect(lines[0]).toMatchObject({ level: 'warn', stdout: 'why\n' });
  });

  it('runs for one server in the order of its events, for several at the same time, four at most', async () => {
    script(`echo "begin $2 $5" >> ${directory}/out; sleep 0.1; echo "end $2 $5" >> ${directory}/out`);
    const servers = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const to of ['1', '2']) for (const server of servers) hook.onEvent(event({ server, to }));
    await until('all runs', () => runs() === 12);
    let running = 0;
    let most = 0;
    for (const line of written()) {
      running += line.startsWith('begin') ? 1 : -1;
      most = Math.max(most, running);
    }
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
    for (const server of servers) {
      const own = written().filter((line) => line.split(' ')[1] === server);
      expect(own).toEqual([`begin ${server} 1`, `end ${server} 1`, `begin ${server} 2`, `end ${server} 2`]);
    }
  });

  it('takes a flood of 200 servers, and bounds what waits', async () => {
    script(`while [ ! -e ${directory}/go ]; do sleep 0.02; done`);
    for (let server = 0; server < 200; server++) hook.onEvent(event({ server: `db${server}` }));
    expect(hook.totals.left_out).toBe(0);
    for (let server = 200; server < MOST_WAITING + 104; server++) hook.onEvent(event({ server: `db${server}` }));
    expect(hook.totals.left_out).toBe(100);
    expect(lines.map(({ msg, level, leftOut }) => [msg, level, leftOut])).toEqual([
      ['events come faster than the event hook ends; some get no run', 'warn', 1],
    ]);
    settings = { ...settings, filename: '' };
    writeFileSync(join(directory, 'go'), '');
    await until('the runs under way', () => runs() === 4);
    expect(hook.totals).toEqual({ ok: 4, failed: 0, left_out: 100 });
  });

  it('ends what runs when weir stops, and runs nothing more', async () => {
    script('sleep 60');
    for (const server of ['a', 'b', 'c', 'd', 'e']) hook.onEvent(event({ server }));
    await hook.stop();
    expect(hook.totals).toEqual({ ok: 0, failed: 4, left_out: 0 });
    hook.onEvent(event());
    expect(lines.map(({ error }) => error)).toEqual(Array(4).fill('ended, since weir stops'));
  });

  it('logs ten failures a minute, and says how many it did not', async () => {
    script('exit 1');
    for (let count = 0; count < 15; count++) hook.onEvent(event({ server: `db${count}` }));
    await until('all runs', () => runs() === 15);
    expect(lines).toHaveLength(10);
  });
});

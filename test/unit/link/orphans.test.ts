import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkerPidFile } from '../../../src/link/orphans.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-orphans-'));
  cleanups.push(() => rmSync(path, { recursive: true }));
  return path;
}

async function start(script: string): Promise<ChildProcess> {
  writeFileSync(script, "process.stdout.write('up'); setInterval(() => undefined, 1000);");
  const child = spawn(process.execPath, [script, '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  cleanups.push(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return child;
}

describe.runIf(existsSync('/proc/self/cmdline'))('workers of a dead control process', () => {
  it('are asked to stop; other processes with a noted id are not', async () => {
    const path = directory();
    const script = join(path, 'worker.js');
    const orphan = await start(script);
    const stranger = await start(join(path, 'other.js'));
    const file = new WorkerPidFile(join(path, 'workers.pid'), script);
    expect(file.dismissOrphans()).toEqual([]);
    file.write([orphan.pid!, stranger.pid!, 2 ** 22 + 1]);
    const ended = new Promise((resolve) => orphan.once('exit', (_code, signal) => resolve(signal)));
    expect(file.dismissOrphans()).toEqual([orphan.pid]);
    expect(await ended).toBe('SIGTERM');
    expect(stranger.exitCode).toBeNull();
  });
});

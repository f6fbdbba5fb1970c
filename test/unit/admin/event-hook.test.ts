import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layersWorld } from './layers-world.js';

let directory: string;
let program: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-hook-variable-'));
  program = join(directory, 'hook');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const load = 'LOAD MYSQL VARIABLES TO RUNTIME';

describe('mysql-event_hook', () => {
  it('is refused by LOAD while it can not be started, with its cause', async () => {
    const world = layersWorld('');
    for (const [value, why] of [
      [join(directory, 'missing'), 'there is no such file'],
      [directory, 'is a directory'],
    ]) {
      await world.execute(`SET mysql-event_hook = '${value}'`);
      await expect(world.execute(load)).rejects.toThrow(
        `mysql-event_hook: ${value} can not be started: ${why}; accepted: an executable file, or nothing`,
      );
    }
    expect(world.runtime.variables.get('mysql-event_hook')).toBe('');
  });

  it('is taken when it can; when its file goes, other variables are loaded all the same, with a warning', async () => {
    const world = layersWorld('');
    await world.execute(`SET mysql-event_hook = '${program}'`);
    await world.execute(load);
    expect(world.runtime.variables.get('mysql-event_hook')).toBe(program);
    expect(world.logged).toEqual([]);
    rmSync(program);
    await world.execute('SET mysql-max_connections = 77');
    await world.execute(load);
    expect(world.runtime.snapshot.variables.maxConnections).toBe(77);
    expect(world.logged).toEqual([
      `mysql-event_hook: ${program} can not be started: there is no such file; accepted: an executable file, or nothing`,
    ]);
  });

  it('does not keep weir from starting', () => {
    const world = layersWorld(`mysql_variables = { event_hook="${directory}/gone" }`);
    expect(world.logged).toEqual([expect.stringContaining(`${directory}/gone can not be started: there is no such file`)]);
  });

  it('is an absolute path', async () => {
    const world = layersWorld('');
    await expect(world.execute("SET mysql-event_hook = 'hook.sh'")).rejects.toThrow(
      'mysql-event_hook: this value can not be used; accepted: the absolute path of a program, or nothing',
    );
    expect(() => layersWorld('mysql_variables = { event_hook="hook.sh" }')).toThrow('the absolute path of a program, or nothing');
  });
});

import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assert, assertNever } from '../../../src/base/assert.js';
import { createLog } from '../../../src/base/log.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const linesOf = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('log', () => {
  test('writes one JSON line an event, with level name, time and fields', () => {
    const file = join(folder, 'a.log');
    createLog({ file, fields: { process: 'main' } }).logger.warn({ hostgroup: 2 }, 'no server');
    const lines = linesOf(file);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'warn', process: 'main', hostgroup: 2, msg: 'no server' });
    expect(String(lines[0]!['time'])).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  test('leaves out what is below the level, and passwords', () => {
    const file = join(folder, 'a.log');
    const { logger } = createLog({ file, level: 'info' });
    logger.debug('detail');
    logger.info({ user: { username: 'app', password: 'secret' } }, 'login');
    expect(readFileSync(file, 'utf8')).not.toMatch(/secret|detail/);
  });

  test('reopens its file after a rotation', () => {
    const file = join(folder, 'a.log');
    const log = createLog({ file });
    log.logger.info('before');
    renameSync(file, join(folder, 'a.log.1'));
    log.reopen();
    log.logger.info('after');
    expect(linesOf(file).map((line) => line['msg'])).toEqual(['after']);
  });
});

describe('assert', () => {
  test('throws its message', () => {
    expect(() => assert(false, 'counts agree')).toThrow('counts agree');
    expect(() => assert(1, 'fine')).not.toThrow();
    expect(() => assertNever('x' as never)).toThrow('value outside its union: x');
  });
});

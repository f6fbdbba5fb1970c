import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serverKey } from '../../../src/base/ids.js';
import { EMPTY_MEMORY, MemoryFile } from '../../../src/monitor/memory-file.js';

const a = serverKey('a', 3306);
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-memory-'));
  path = join(directory, 'monitor.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('gives back what was saved', () => {
  const known = { key: a, isLapsed: true, former: [serverKey('b', 3306)], lostAtFailures: 7 };
  const memory = { ...EMPTY_MEMORY, placement: { writers: { '10/20': known }, readers: ['10/20 b:3306'] } };
  new MemoryFile(path).save(memory);
  expect(new MemoryFile(path).load()).toEqual(memory);
});

it('knows the writer of a file that names nothing else', () => {
  writeFileSync(path, JSON.stringify({ placement: { writers: { '10/20': a }, readers: [] }, greetings: {}, identity: null }));
  expect(new MemoryFile(path).load().placement.writers).toEqual({ '10/20': { key: a, isLapsed: false, former: [], lostAtFailures: null } });
});

it('takes a missing or a damaged file for an empty one', () => {
  expect(new MemoryFile(path).load()).toEqual(EMPTY_MEMORY);
  writeFileSync(path, '{');
  expect(new MemoryFile(path).load()).toEqual(EMPTY_MEMORY);
});

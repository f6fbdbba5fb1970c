import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type SourceFile, sourceFiles } from '../support/sources.js';

/** The table of DESIGN §3: what a room may import besides itself. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ['base'],
  net: ['protocol', 'base'],
  sql: ['base'],
  config: ['base'],
  route: ['sql', 'config', 'base'],
  backend: ['net', 'protocol', 'base'],
  // Counters are plain fields that the hot path increments: pool and session hold them directly (ARCHITECTURE.md, rooms).
  pool: ['backend', 'config', 'stats', 'net', 'base'],
  session: ['pool', 'backend', 'route', 'config', 'sql', 'net', 'protocol', 'stats', 'base'],
  stats: ['base'],
  link: ['config', 'stats', 'base'],
  monitor: ['config', 'stats', 'base'],
  admin: ['protocol', 'net', 'config', 'stats', 'link', 'route', 'base'],
  http: ['stats', 'config', 'base'],
  // Wiring: everything of its plane.
  'main.ts': ['admin', 'http', 'monitor', 'link', 'stats', 'config', 'net', 'route', 'protocol', 'base'],
  'worker.ts': ['session', 'pool', 'backend', 'route', 'sql', 'net', 'protocol', 'config', 'stats', 'link', 'base'],
};

const DATA_PLANE = ['protocol', 'net', 'sql', 'route', 'backend', 'pool', 'session', 'worker.ts'];
/** Rooms of pure functions: no I/O, no clock. */
const PURE = ['protocol', 'sql', 'route'];
const PURE_MODULES = /^(node:(crypto|buffer|util|assert)|node-sql-parser(\/.*)?)$/;
const CLOCKS = /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bprocess\.hrtime\b|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b/;

interface Import {
  readonly file: string;
  readonly room: string;
  /** The module as written: `../base/ids.js`, `node:net`, `pino`. */
  readonly module: string;
  /** The room it lands in, or null for a module that is not ours. */
  readonly target: string | null;
  /** Path below src, or null. */
  readonly targetFile: string | null;
}

const files = sourceFiles('src');
const imports = files.flatMap(importsOf);

function roomOf(name: string): string {
  return name.split('/')[1] ?? '';
}

/** Also finds `export … from`, `import type` and `import()`. */
function importsOf(file: SourceFile): Import[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map(({ fileName }) => {
    const isOurs = fileName.startsWith('.');
    const target = isOurs ? path.posix.join(path.posix.dirname(file.name), fileName).replace(/\.js$/, '.ts') : null;
    return {
      file: file.name,
      room: roomOf(file.name),
      module: fileName,
      target: target === null ? null : roomOf(target),
      targetFile: target,
    };
  });
}

function offenders(isWrong: (entry: Import) => boolean): string[] {
  return imports.filter(isWrong).map((entry) => `${entry.file} imports ${entry.module}`);
}

describe('rooms', () => {
  it('has no room outside the table', () => {
    expect(files.map((file) => file.name).filter((name) => ROOMS[roomOf(name)] === undefined)).toEqual([]);
  });

  it('imports only what the table allows', () => {
    expect(offenders(({ room, target }) => target !== null && target !== room && !ROOMS[room]?.includes(target))).toEqual([]);
  });

  it('imports our files with their ending, and Node with its prefix', () => {
    const builtin = /^(fs|net|tls|http|https|path|os|crypto|util|events|stream|child_process|cluster|url|zlib|dns)(\/|$)/;
    expect(offenders(({ module, target }) => (target !== null && !module.endsWith('.js')) || builtin.test(module))).toEqual([]);
  });

  it('touches sockets only in net; HTTP only in http', () => {
    expect(offenders(({ room, module }) => ['node:net', 'node:tls', 'node:dgram'].includes(module) && room !== 'net')).toEqual([]);
    expect(offenders(({ room, module }) => /^node:https?2?$/.test(module) && room !== 'http')).toEqual([]);
  });

  it('keeps SQLite and mysql2 out of the data plane', () => {
    const isControlOnly = ({ module, targetFile }: Import): boolean =>
      module === 'better-sqlite3' || /^mysql2(\/|$)/.test(module) || targetFile?.startsWith('src/config/store/') === true;
    expect(offenders((entry) => DATA_PLANE.includes(entry.room) && isControlOnly(entry))).toEqual([]);
    // The data plane loads config too: outside its store, config must not know SQLite either.
    const isStore = (name: string): boolean => name.startsWith('src/config/store/');
    expect(offenders((entry) => entry.room === 'config' && !isStore(entry.file) && isControlOnly(entry))).toEqual([]);
  });

  it('does no I/O and reads no clock in protocol, sql and route', () => {
    expect(offenders(({ room, module, target }) => PURE.includes(room) && target === null && !PURE_MODULES.test(module))).toEqual([]);
    const readingClocks = files.filter((file) => PURE.includes(roomOf(file.name)) && CLOCKS.test(withoutComments(file.text)));
    expect(readingClocks.map((file) => file.name)).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

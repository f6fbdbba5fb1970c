import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { AdminControl, AdminSession } from '../../../src/admin/context.js';
import { AdminExecutor } from '../../../src/admin/executor.js';
import { AdminError } from '../../../src/admin/reply.js';
import { RuntimeConfig } from '../../../src/admin/runtime-config.js';
import { loadCnf } from '../../../src/config/cnf-loader.js';
import { parseCnf } from '../../../src/config/cnf-parser.js';
import type { ConfigSnapshot, HostTable } from '../../../src/config/snapshot.js';
import { openStore } from '../../../src/config/store/config-store.js';
import { patternProblem } from '../../../src/route/pattern.js';

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'weir-layers-'));
  directories.push(directory);
  return directory;
}

/** An admin port without processes: a store in a directory of its own, workers that take everything, and a control that notes its calls. */
export function layersWorld(
  cnf: string,
  options: { readonly datadir?: string; readonly initial?: boolean } = {},
  more: Partial<AdminControl> = {},
) {
  const datadir = options.datadir ?? newDirectory();
  const loaded = loadCnf(parseCnf(cnf, 'test.cnf'));
  if (loaded.errors.length > 0) throw new Error(JSON.stringify(loaded.errors));
  const { store } = openStore({ datadir, initial: options.initial ?? false, fromFile: () => loaded });
  const pushed: ConfigSnapshot[] = [];
  const logged: string[] = [];
  const called: string[] = [];
  const runtime = new RuntimeConfig({
    store,
    keys: () => ({ tls: null, rsa: { privateKey: '', publicKey: '' } }),
    readPem: () => '',
    readFile: () => loaded,
    push: async (snapshot) => void pushed.push(snapshot),
    onApplied: async () => undefined,
    checkPattern: patternProblem,
    onWarnings: (_module, warnings) => void logged.push(...warnings),
  });
  const hosts = () => ({ version: pushed.length + 1, placements: runtime.snapshot.servers.map((server) => ({ ...server, reason: '' })) });
  const members: Partial<AdminControl> = {
    version: '0.1.0',
    startedAtMs: Date.now(),
    hosts: () => hosts() as unknown as HostTable,
    backendUsers: () => [],
    fileSettings: () => ({ datadir }),
    running: true,
    paused: false,
  };
  const control = noting(called, Object.defineProperties(members, Object.getOwnPropertyDescriptors(more)));
  const executor = new AdminExecutor(store, runtime, control);
  const session: AdminSession = { id: 1, username: 'admin', role: 'admin', schema: '', warnings: [] };
  const execute = (sql: string) => executor.execute(sql, session);
  return {
    datadir,
    executor,
    store,
    runtime,
    pushed,
    /** Warnings that went to the log. */
    logged,
    /** Names of the control's methods, with their arguments. */
    called,
    execute,
    /** Rows, with whole numbers as numbers. */
    async rows(sql: string): Promise<unknown[][]> {
      const reply = await execute(sql);
      if (reply.kind !== 'rows') throw new Error(`${sql} has no rows`);
      return reply.rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)));
    },
    async ok(sql: string): Promise<{ readonly info: string; readonly warnings: readonly string[] }> {
      const reply = await execute(sql);
      if (reply.kind !== 'ok') throw new Error(`${sql} has rows`);
      return reply;
    },
    async error(sql: string): Promise<string> {
      const error = await execute(sql).then(
        () => new Error(`${sql} was accepted`),
        (thrown: Error) => thrown,
      );
      if (!(error instanceof AdminError)) throw error;
      return error.message;
    },
    close(keepFiles = false): void {
      executor.close();
      store.close();
      if (!keepFiles) rmSync(datadir, { recursive: true });
    },
  };
}

export type LayersWorld = ReturnType<typeof layersWorld>;

/** A control that has these members; everything else is a method that notes its call. */
function noting(called: string[], members: Partial<AdminControl>): AdminControl {
  return new Proxy(members as AdminControl, {
    get: (target, name) =>
      Reflect.has(target, name)
        ? Reflect.get(target, name)
        : (...values: unknown[]) => {
            called.push([String(name), ...values].join(' '));
          },
  });
}

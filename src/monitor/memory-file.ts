import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ServerKey } from '../base/ids.js';
import type { ServerIdentity } from '../config/snapshot.js';
import { NO_MEMORY, type PlacementMemory } from './placement.js';
import type { KnownWriter } from './writer-choice.js';

/** What the monitor knows over a restart, so that weir looks and decides the same while servers are down. */
export interface MonitorMemory {
  readonly placement: PlacementMemory;
  readonly greetings: Readonly<Record<ServerKey, ServerIdentity>>;
  readonly identity: ServerIdentity | null;
}

export const EMPTY_MEMORY: MonitorMemory = { placement: NO_MEMORY, greetings: {}, identity: null };

export interface MemoryStore {
  load(): MonitorMemory;
  save(memory: MonitorMemory): void;
}

/** A JSON file; one that is missing or damaged counts as empty, since everything in it can be learned again. */
export class MemoryFile implements MemoryStore {
  constructor(private readonly path: string) {}

  load(): MonitorMemory {
    try {
      const parsed = JSON.parse(readFileSync(this.path, 'utf8')) as Partial<MonitorMemory>;
      return {
        placement: { writers: writersOf(parsed.placement?.writers ?? {}), readers: parsed.placement?.readers ?? NO_MEMORY.readers },
        greetings: parsed.greetings ?? {},
        identity: parsed.identity ?? null,
      };
    } catch {
      return EMPTY_MEMORY;
    }
  }

  /** @throws Error of the file system */
  save(memory: MonitorMemory): void {
    const temporary = `${this.path}.new`;
    writeFileSync(temporary, `${JSON.stringify(memory, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, this.path);
  }
}

/** Files of weir 0.1 before mysql-writer_conflict name the writer alone. */
function writersOf(stored: Readonly<Record<string, ServerKey | KnownWriter>>): PlacementMemory['writers'] {
  const known = (writer: ServerKey | KnownWriter): KnownWriter =>
    typeof writer === 'string' ? { key: writer, isLapsed: false, former: [], lostAtFailures: null } : writer;
  return Object.fromEntries(Object.entries(stored).map(([pair, writer]) => [pair, known(writer)]));
}

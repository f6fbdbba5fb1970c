import { type ConfigModule, configModules } from '../../config/table-types.js';
import { type AdminCommand, adminsOnly } from '../command.js';
import type { AdminContext } from '../context.js';
import { AdminError, type AdminReply, ok } from '../reply.js';
import { runtimeServerRows } from '../tables/runtime-servers.js';

type Move = 'memory-to-runtime' | 'runtime-to-memory' | 'disk-to-memory' | 'memory-to-disk' | 'config-to-memory';

/** Each move and its spellings behind `LOAD x` or `SAVE x`. */
const MOVES: Readonly<Record<string, Move>> = {
  'LOAD TO RUNTIME': 'memory-to-runtime',
  'LOAD TO RUN': 'memory-to-runtime',
  'LOAD FROM MEMORY': 'memory-to-runtime',
  'LOAD FROM MEM': 'memory-to-runtime',
  'SAVE TO MEMORY': 'runtime-to-memory',
  'SAVE TO MEM': 'runtime-to-memory',
  'SAVE FROM RUNTIME': 'runtime-to-memory',
  'SAVE FROM RUN': 'runtime-to-memory',
  'LOAD FROM DISK': 'disk-to-memory',
  'LOAD TO MEMORY': 'disk-to-memory',
  'LOAD TO MEM': 'disk-to-memory',
  'SAVE TO DISK': 'memory-to-disk',
  'SAVE FROM MEMORY': 'memory-to-disk',
  'SAVE FROM MEM': 'memory-to-disk',
  'LOAD FROM CONFIG': 'config-to-memory',
};

/** LOAD and SAVE of a module between disk, memory, runtime and the configuration file. */
export const loadSave: AdminCommand = {
  pattern: new RegExp(`^(LOAD|SAVE) (${configModules.join('|')}) (TO|FROM) (RUNTIME|RUN|MEMORY|MEM|DISK|CONFIG)$`),
  matches: 'upper',
  roles: adminsOnly,
  changes: true,
  async run([, verb, module, direction, layer], context) {
    const move = MOVES[`${verb} ${direction} ${layer}`];
    if (move === undefined) throw new AdminError(`${verb} ${module} ${direction} ${layer} is no move between layers`);
    return moveModule(move, module as ConfigModule, context);
  },
};

async function moveModule(move: Move, module: ConfigModule, { runtime, store, control }: AdminContext): Promise<AdminReply> {
  switch (move) {
    case 'memory-to-runtime':
      await runtime.load(module);
      return ok();
    case 'runtime-to-memory':
      runtime.saveToMemory(module, runtimeServerRows(runtime.rows, control.hosts()));
      return ok();
    case 'disk-to-memory':
      store.loadFromDisk([module]);
      return ok();
    case 'memory-to-disk':
      store.saveToDisk([module]);
      return ok();
    case 'config-to-memory':
      runtime.loadFromConfig(module);
      return ok();
  }
}

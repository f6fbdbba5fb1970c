import { nearestName } from '../../base/nearest-name.js';
import { type ConfigModule, configModules } from '../../config/table-types.js';
import type { VariableLoad } from '../../config/variable-load.js';
import { type AdminCommand, adminsOnly, literalOf } from '../command.js';
import type { AdminContext } from '../context.js';
import { AdminError, type AdminReply, ok } from '../reply.js';
import type { LoadOutcome } from '../runtime-config.js';
import { savedServerRows } from '../tables/runtime-servers.js';

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
    if (move === undefined)
      throw new AdminError(`${verb} ${module} ${direction} ${layer} is no move between layers; ${acceptedMoves(module!)}`);
    return moveModule(move, module as ConfigModule, context);
  },
};

async function moveModule(move: Move, module: ConfigModule, { runtime, store, control }: AdminContext): Promise<AdminReply> {
  switch (move) {
    case 'memory-to-runtime':
      return outcomeReply(await runtime.load(module));
    case 'runtime-to-memory':
      runtime.saveToMemory(module, savedServerRows(runtime.rows, control.hosts()));
      return ok();
    case 'disk-to-memory':
      store.loadFromDisk([module]);
      return ok();
    case 'memory-to-disk':
      store.saveToDisk([module]);
      return ok(
        0,
        '',
        runtime.obstacles(module).map((problem) => `${problem}; a start from disk is refused with this`),
      );
    case 'config-to-memory':
      return ok(0, '', runtime.loadFromConfig(module));
  }
}

function outcomeReply({ variables, warnings }: LoadOutcome): AdminReply {
  return ok(0, variables === null ? '' : recordsInfo(variables), warnings);
}

/** As newer versions of ProxySQL answer. */
function recordsInfo({ records, updated, rejected, unknown }: VariableLoad): string {
  return `Records: ${records} Updated: ${updated} Rejected: ${rejected.length} Unknown: ${unknown.length}`;
}

/** LOAD MYSQL USER name TO RUNTIME: one account, without the others that were changed in memory. */
export const loadUser: AdminCommand = {
  pattern: /^LOAD\s+MYSQL\s+USER\s+([\w+.@-]+|'[^']+'|"[^"]+")\s+(?:TO\s+(?:RUNTIME|RUN)|FROM\s+(?:MEMORY|MEM))$/i,
  matches: 'text',
  roles: adminsOnly,
  changes: true,
  run: async ([, name], { runtime }) => outcomeReply(await runtime.loadUser(literalOf(name!))),
};

/** weir writes no core files, so there is nothing to filter; the rows stay in memory. */
export const loadCoredump: AdminCommand = {
  pattern: /^LOAD COREDUMP (?:TO (?:RUNTIME|RUN)|FROM (?:MEMORY|MEM))$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: true,
  run: () => ok(0, '', ['coredump_filters: has no effect in this version, which writes no core files']),
};

/** What ProxySQL has in other builds. */
const FOREIGN =
  /^(?:PGSQL (?:SERVERS|USERS|QUERY RULES|VARIABLES|FIREWALL)|LDAP (?:VARIABLES|MAPPING)|SQLITESERVER VARIABLES|CLICKHOUSE (?:USERS|VARIABLES)|DEBUG)\b/;

/** Every other LOAD and SAVE: says what there is. */
export const otherLoadSave: AdminCommand = {
  pattern: /^(LOAD|SAVE)(?: (.*))?$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: false,
  run([, verb, rest = '']) {
    const foreign = FOREIGN.exec(rest)?.[0];
    if (foreign !== undefined) throw new AdminError(`weir has no ${foreign}; ${acceptedModules(verb!)}`);
    const module = configModules.find((each) => rest === each || rest.startsWith(`${each} `));
    if (module !== undefined) throw new AdminError(`${verb} ${module} needs a layer; ${acceptedMoves(module)}`);
    const [, named, move = ''] = /^(.*?)((?: TO| FROM) \w+)?$/.exec(rest)!;
    const meant = nearestName(named!, configModules);
    throw new AdminError(`${verb} of what?${meant === null ? '' : ` Did you mean ${verb} ${meant}${move}?`} ${acceptedModules(verb!)}`);
  },
};

function acceptedMoves(module: string): string {
  // The first spelling of each move: clients show no more than 511 bytes.
  const list = Object.entries(MOVES)
    .filter(([, move], position, all) => all.findIndex(([, other]) => other === move) === position)
    .map(([spelling]) => spelling.replace(' ', ` ${module} `));
  return `accepted: ${list.join(', ')} (MEM and RUN are short for MEMORY and RUNTIME)`;
}

function acceptedModules(verb: string): string {
  const single = verb === 'LOAD' ? ['MYSQL USER name TO RUNTIME', 'COREDUMP TO RUNTIME'] : ['CONFIG TO FILE path', 'MYSQL DIGEST TO DISK'];
  return `accepted: ${verb} with ${configModules.join(', ')} and a layer, ${verb} ${single.join(`, ${verb} `)}`;
}

import { type AuditReport, audit } from '../support/faults/audit.js';
import { FaultBed } from '../support/faults/bed.js';
import type { Fault, Node } from '../support/faults/fault.js';
import { FAULTS } from '../support/faults/kinds/index.js';
import { type MemoryLevel, memoryLevel } from '../support/faults/levels.js';
import { describeRecovery, type Recovery } from '../support/faults/recovery.js';
import { runFault } from '../support/faults/run-fault.js';
import { runSwitchover } from '../support/faults/run-switchover.js';
import type { Flavour } from '../support/servers/index.js';
import { SeededRandom } from './random.js';

export interface SoakOptions {
  readonly flavour: Flavour;
  readonly seed: number;
  /** No new fault begins after it, ms; the one under way ends, then everything is audited. */
  readonly durationMs: number;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface SoakReport {
  readonly recoveries: readonly Recovery[];
  readonly audit: AuditReport;
  /** By kind of statement. */
  readonly done: Readonly<Record<string, number>>;
  /** Of each worker at the start and at the end, bytes. */
  readonly memory: { readonly before: MemoryLevel; readonly after: MemoryLevel };
  /** Everything that was wrong; empty when all held. */
  readonly wrong: readonly string[];
}

const SWITCHOVER_CHANCE = 0.15;
const FAULT_MS = { least: 300, most: 6000 } as const;

type Incident =
  | { readonly kind: 'switchover'; readonly node: Node }
  | { readonly kind: 'fault'; readonly node: Node; readonly fault: Fault; readonly durationMs: number };

/**
 * Random faults, one after the other, under the checked load, each healed before the next; then the audit of the ledger. Acknowledged writes
 * could be lost by asynchronous replication itself if a replica took over from a dead primary, so this operator never does that: a primary
 * that was killed comes back as the primary, and another one takes over only by a switchover, after it has applied everything.
 *
 * @throws when servers or weir can not be started
 */
export async function soak({ flavour, seed, durationMs, say, signal }: SoakOptions): Promise<SoakReport> {
  const bed = await FaultBed.start({ flavour, startsReadOnly: true });
  try {
    const before = await memoryLevel(bed);
    const random = new SeededRandom(seed);
    const recoveries: Recovery[] = [];
    const wrong: string[] = [];
    const deadline = Date.now() + durationMs;
    while (Date.now() < deadline && wrong.length === 0 && signal?.aborted !== true) {
      const incident = nextIncident(bed, random);
      try {
        recoveries.push(await run(bed, incident, before));
        say(describeRecovery(recoveries[recoveries.length - 1]!));
      } catch (error) {
        wrong.push(`${describe(incident)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    const after = await memoryLevel(bed);
    const { report, ledger } = await bed.load.stop();
    const result = await audit(bed, ledger);
    return { recoveries, audit: result, done: report.done, memory: { before, after }, wrong: [...wrong, ...result.wrong] };
  } finally {
    await bed.stop();
  }
}

/** Depends on the seed and on what came before alone, not on times. */
function nextIncident(bed: FaultBed, random: SeededRandom): Incident {
  if (random.next() < SWITCHOVER_CHANCE) return { kind: 'switchover', node: random.pick(bed.replicas) };
  const node = random.pick(bed.nodes);
  const role = bed.roleOf(node);
  const fault = random.pick(FAULTS.filter(({ befalls }) => befalls.includes(role)));
  return { kind: 'fault', node, fault, durationMs: random.between(FAULT_MS.least, FAULT_MS.most) };
}

function run(bed: FaultBed, incident: Incident, memory: MemoryLevel): Promise<Recovery> {
  if (incident.kind === 'switchover') return runSwitchover(bed, incident.node, memory);
  return runFault(bed, incident.fault, incident.node, memory, { durationMs: incident.durationMs });
}

function describe(incident: Incident): string {
  const server = `server ${incident.node.server.serverId}`;
  return incident.kind === 'switchover' ? `switchover to ${server}` : `${incident.fault.name} of ${server} for ${incident.durationMs} ms`;
}

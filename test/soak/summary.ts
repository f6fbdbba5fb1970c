import type { MemoryLevel } from '../support/faults/levels.js';
import type { Recovery } from '../support/faults/recovery.js';
import type { SoakReport } from './soak.js';

const MIB = 1024 * 1024;

/** What a soak has found, for people: one line each. */
export function summarize({ recoveries, audit, done, memory }: SoakReport): string[] {
  const count = Object.entries(done).map(([kind, times]) => `${times.toLocaleString('en-US')} ${kind}s`);
  return [
    `statements: ${count.join(', ')}`,
    `ledger: ${audit.acknowledged.toLocaleString('en-US')} acknowledged, ${audit.unknown} of unknown fate (${audit.unknownStored} of them are there), ${audit.refused} refused or rolled back`,
    `connections: after each of ${recoveries.length} faults, servers, relays and weir counted the same, none in use by nobody`,
    `memory of the workers: ${describeMemory(memory.before)} at the start, ${describeMemory(memory.after)} at the end`,
    ...table(recoveries),
  ];
}

function table(recoveries: readonly Recovery[]): string[] {
  const names = [...new Set(recoveries.map(nameOf))].sort();
  const rows = names.map((name) => {
    const ofName = recoveries.filter((recovery) => nameOf(recovery) === name);
    return [name, String(ofName.length), ...[times(ofName, 'noticedMs'), times(ofName, 'wholeMs'), times(ofName, 'servesMs')]];
  });
  const head = ['fault', 'times', 'trouble', 'whole again', 'server serves again'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return ['ms, median / longest:', line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)];
}

const nameOf = ({ role, fault }: Recovery): string => `${role}: ${fault}`;

function times(recoveries: readonly Recovery[], field: 'noticedMs' | 'wholeMs' | 'servesMs'): string {
  const sorted = recoveries.map((recovery) => recovery[field]).sort((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)]} / ${sorted[sorted.length - 1]}`;
}

function describeMemory(level: MemoryLevel): string {
  return [...level.values()].map((bytes) => `${Math.round(bytes / MIB)} MiB`).join(' and ');
}

import { describeCombination } from '../combination.js';
import { NOISY_SHARE, type Summary } from '../summary.js';
import type { Report } from './report.js';
import { subtitle } from './report.js';

const HEADER = ['load', 'target', 'queries/s', '× straight', '× HAProxy', 'CPU µs/query', '× HAProxy', 'p95 ms', 'others'] as const;

/** The whole report as Markdown, which is also what the terminal shows: columns are padded. */
export function formatReport(report: Report): string {
  const rows = report.summaries.map((summary, index) => speedRow(summary, report.summaries[index - 1]));
  const parts = [subtitle(report), '', ...(rows.length > 0 ? alignedTable([...HEADER], rows) : []), '', ...otherFigures(report)];
  const noisy = report.summaries.filter((one) => one.foreignShare > NOISY_SHARE).length;
  if (noisy > 0)
    parts.push(
      `Other programs took more than ${NOISY_SHARE * 100} % of the CPU during ${noisy} of ${report.summaries.length} lines: repeat on a quiet machine.`,
    );
  for (const failure of report.failures) {
    parts.push(`FAILED: ${failure.target}, ${describeCombination(failure.combination)}, round ${failure.round}: ${failure.reason}`);
  }
  for (const problem of report.problems) parts.push(`FAILED: ${problem}`);
  return `${parts.join('\n').trimEnd()}\n`;
}

function speedRow(summary: Summary, previous: Summary | undefined): string[] {
  const isSameLoad = previous?.combination === summary.combination;
  return [
    isSameLoad ? '' : describeCombination(summary.combination),
    summary.target,
    Math.round(summary.queriesPerSecond).toLocaleString('en-US'),
    decimals(summary.ratioToStraight, 2),
    decimals(summary.ratioToHaproxy, 2),
    decimals(summary.cpuMicrosPerQuery, 1),
    decimals(summary.cpuRatioToHaproxy, 2),
    decimals(summary.p95Ms, 2),
    `${Math.round(summary.foreignShare * 100)} %`,
  ];
}

function otherFigures(report: Report): string[] {
  const large = report.largeResults.map((one) => [
    one.target,
    `${Math.round(one.megabytesPerSecond)} MB/s`,
    decimals(one.ratioToStraight, 2),
    one.growthBytes === null ? '' : `${(one.growthBytes / 1e6).toFixed(1)} MB`,
  ]);
  const idle = report.idleClients.map((one) => [
    one.target,
    `${(one.connectedBytes / 1024).toFixed(1)} KiB`,
    `${(one.usedBytes / 1024).toFixed(1)} KiB`,
  ]);
  return [
    ...(large.length > 0 ? [...alignedTable(['200 MB result', 'speed', '× straight', 'growth of the proxy'], large), ''] : []),
    ...(idle.length > 0 ? [...alignedTable(['1,000 idle clients', 'each, connected', 'each, after one statement'], idle), ''] : []),
  ];
}

/** A Markdown table whose source is as readable as its rendering. Figures (all but the leading texts) stand right. */
function alignedTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) => Math.max(3, title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const isText = header.map((_, column) => rows.every((row) => !/^[\d.]/.test(row[column] ?? '')));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (isText[column] ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = widths.map((width, column) => (isText[column] ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(header), `| ${rule.join(' | ')} |`, ...rows.map(line)];
}

function decimals(value: number | null, digits: number): string {
  return value === null ? '' : value.toFixed(digits);
}

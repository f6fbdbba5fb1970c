import { type Combination, describeCombination } from '../combination.js';
import type { Summary } from '../summary.js';
import type { TargetName } from '../targets/target.js';
import type { Report } from './report.js';
import { subtitle } from './report.js';

const COLOURS: Readonly<Record<TargetName, string>> = {
  straight: '#9aa5b1',
  haproxy: '#4c78a8',
  weir: '#1b9e77',
  'weir-nosplit': '#8fd3bd',
  proxysql: '#e08e45',
};
const BAR_HEIGHT = 15;
const BAR_GAP = 3;
const GROUP_GAP = 18;
const LABEL_WIDTH = 215;
const PANEL_WIDTH = 340;
const VALUE_WIDTH = 70;
const PANEL_GAP = 30;
const TOP = 122;
const MARGIN = 20;
const WIDTH = MARGIN * 2 + LABEL_WIDTH + 2 * (PANEL_WIDTH + VALUE_WIDTH) + PANEL_GAP;
const SUBTITLE_CHARACTERS = 165;

interface Panel {
  readonly title: string;
  readonly left: number;
  readonly figure: (summary: Summary) => number | null;
  readonly format: (value: number) => string;
}

const PANELS: readonly Panel[] = [
  {
    title: 'Queries per second (longer is better)',
    left: MARGIN + LABEL_WIDTH,
    figure: (one) => one.queriesPerSecond,
    format: (value) => Math.round(value).toLocaleString('en-US'),
  },
  {
    title: 'CPU of the proxy, µs per query (shorter is better)',
    left: MARGIN + LABEL_WIDTH + PANEL_WIDTH + VALUE_WIDTH + PANEL_GAP,
    figure: (one) => one.cpuMicrosPerQuery,
    format: (value) => value.toFixed(1),
  },
];

/** Two panels of horizontal bars side by side, a group for each load, a bar for each target. */
export function renderSvg(report: Report): string {
  const loads = [...new Set(report.summaries.map((one) => one.combination))];
  const targets = [...new Set(report.summaries.map((one) => one.target))];
  const groupHeight = targets.length * (BAR_HEIGHT + BAR_GAP) + GROUP_GAP;
  const height = TOP + loads.length * groupHeight + MARGIN;
  const body = [
    text(
      MARGIN,
      30,
      `weir beside others: sysbench, ${report.flavour === 'mariadb' ? 'MariaDB' : 'MySQL'}`,
      'font-size="18" font-weight="600"',
    ),
    ...wrapped(subtitle(report)).map((line, index) => text(MARGIN, 48 + index * 14, line, 'font-size="10" fill="#57606a"')),
    ...legend(targets),
    ...PANELS.flatMap((panel) => renderPanel(panel, report.summaries, loads, targets, groupHeight)),
    ...loads.flatMap((load, index) => groupLabel(load, TOP + index * groupHeight, groupHeight)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" fill="#1f2328">
<rect width="100%" height="100%" fill="#ffffff"/>
${body.join('\n')}
</svg>
`;
}

function renderPanel(
  panel: Panel,
  summaries: readonly Summary[],
  loads: readonly Combination[],
  targets: readonly TargetName[],
  groupHeight: number,
): string[] {
  const scale = PANEL_WIDTH / Math.max(1e-9, ...summaries.flatMap((one) => panel.figure(one) ?? []));
  const bars = loads.flatMap((load, group) =>
    targets.flatMap((target, index) => {
      const summary = summaries.find((one) => one.combination === load && one.target === target);
      const value = summary === undefined ? null : panel.figure(summary);
      if (value === null) return [];
      const top = TOP + group * groupHeight + index * (BAR_HEIGHT + BAR_GAP);
      const width = Math.max(1, value * scale);
      return [
        `<rect x="${panel.left}" y="${top}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2" fill="${COLOURS[target]}"><title>${target}: ${panel.format(value)}</title></rect>`,
        text(panel.left + width + 5, top + BAR_HEIGHT - 3.5, panel.format(value), 'font-size="11"'),
      ];
    }),
  );
  const bottom = TOP + loads.length * groupHeight - GROUP_GAP + 4;
  return [
    text(panel.left, TOP - 12, panel.title, 'font-size="12" font-weight="600"'),
    `<line x1="${panel.left - 0.5}" y1="${TOP - 4}" x2="${panel.left - 0.5}" y2="${bottom}" stroke="#8c959f"/>`,
    ...bars,
  ];
}

/** The load in up to two lines, beside the middle of its bars. */
function groupLabel(load: Combination, top: number, groupHeight: number): string[] {
  const [workload = '', ...details] = describeCombination(load).split(', ');
  const middle = top + (groupHeight - GROUP_GAP) / 2;
  const end = MARGIN + LABEL_WIDTH - 10;
  return [
    text(end, middle - 2, workload, 'font-size="12" font-weight="600" text-anchor="end"'),
    text(end, middle + 12, details.join(', '), 'font-size="11" fill="#57606a" text-anchor="end"'),
  ];
}

function legend(targets: readonly TargetName[]): string[] {
  return targets.flatMap((target, index) => {
    const left = MARGIN + LABEL_WIDTH + index * 115;
    return [
      `<rect x="${left}" y="76" width="12" height="12" rx="2" fill="${COLOURS[target]}"/>`,
      text(left + 17, 86, target, 'font-size="12"'),
    ];
  });
}

function wrapped(line: string): string[] {
  const cut = line.length <= SUBTITLE_CHARACTERS ? line.length : line.lastIndexOf(' ', SUBTITLE_CHARACTERS);
  return cut === line.length ? [line] : [line.slice(0, cut), line.slice(cut + 1)];
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped}</text>`;
}

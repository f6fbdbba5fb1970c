import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs every other file of this folder, each in a process of its own (one benchmark's types must not make another's code
 * polymorphic), and puts their lines into one table. A file measures when it is loaded and prints one line a case:
 * `name … <number> ns …`; other lines are shown as they are. Arguments choose files by name: `run.ts tokenizer framing`.
 */
const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const TIMEOUT_MS = 120_000;
const CASE_LINE = /^(.*?)\s+([\d.,]+)\s*ns\b(.*)$/;

interface Case {
  readonly area: string;
  readonly name: string;
  readonly nanoseconds: string;
  readonly rest: string;
}

const wanted = process.argv.slice(2);
const areas = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.ts') && file !== path.basename(fileURLToPath(import.meta.url)))
  .map((file) => path.basename(file, '.ts'))
  .filter((area) => wanted.length === 0 || wanted.includes(area))
  .sort();

const cases: Case[] = [];
for (const area of areas) {
  console.error(`measuring ${area} …`);
  cases.push(...runArea(area));
}
printTable(cases);

function runArea(area: string): Case[] {
  const result = spawnSync(process.execPath, ['--import', 'tsx', path.join(FOLDER, `${area}.ts`)], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  if (result.status !== 0) {
    console.error(`${area} failed (${result.signal ?? result.status}):\n${result.stderr.trim()}`);
    process.exitCode = 1;
  }
  const lines = result.stdout.split('\n').filter((line) => line.trim() !== '');
  return lines.flatMap((line) => {
    const match = CASE_LINE.exec(line);
    if (match === null) console.log(`${area}: ${line}`);
    return match === null ? [] : [{ area, name: match[1]!.trim(), nanoseconds: match[2]!, rest: match[3]!.trim() }];
  });
}

function printTable(rows: readonly Case[]): void {
  const areaWidth = Math.max(4, ...rows.map((row) => row.area.length));
  const nameWidth = Math.max(4, ...rows.map((row) => row.name.length));
  console.log(`${'area'.padEnd(areaWidth)}  ${'case'.padEnd(nameWidth)}  ${'ns each'.padStart(9)}`);
  for (const row of rows) {
    console.log(`${row.area.padEnd(areaWidth)}  ${row.name.padEnd(nameWidth)}  ${row.nanoseconds.padStart(9)}  ${row.rest}`.trimEnd());
  }
}

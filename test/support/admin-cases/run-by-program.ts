import { spawn } from 'node:child_process';
import type { AdminCase, Answer } from './case-file.js';

/** What a command line client shows of an answer: no count of rows and no warnings, and no column names without rows. */
export type ShownAnswer = Answer | { readonly ok: true };

const MARK = 'SELECT 1 AS weir_case';
const XML_ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&', apos: "'" };

/** The whole file through one run of `program` (mysql or mariadb), which goes on after errors; a statement a line, so that errors name their case. */
export async function runByProgram(program: string, args: readonly string[], cases: readonly AdminCase[]): Promise<ShownAnswer[]> {
  const script = cases.map(({ sql }) => `${MARK};\n${sql.replaceAll('\n', ' ')};\n`).join('');
  const { stdout, stderr } = await run(program, [...args, '--xml', '--force', '--comments', '--line-numbers'], script);
  const errors = new Map([...stderr.matchAll(/^ERROR (\d+ \(\w+\))(?: at line (\d+))?: (.*(?:\n(?!ERROR |-{14}$).*)*)$/gm)].map(byLine));
  const shown = stdout.split(/<resultset[^>]*>\s*<row>\s*<field name="weir_case">1<\/field>\s*<\/row>\s*<\/resultset>/).slice(1);
  if (shown.length !== cases.length) throw new Error(`${program} answered ${shown.length} of ${cases.length} cases\n${stderr}`);
  return shown.map((text, position) => {
    const error = errors.get(position);
    if (error !== undefined) return { error };
    return text.includes('<resultset') ? readResultset(text) : { ok: true };
  });
}

/** Statement n stands on line 2n + 2. */
function byLine([, code, line, message]: RegExpExecArray): [number, string] {
  return [Number(line) / 2 - 1, `${code}: ${message!.trim()}`];
}

function readResultset(text: string): Answer {
  const rows = [...text.matchAll(/<row>(.*?)<\/row>/gs)].map(([, row]) => [
    ...row!.matchAll(/<field name="(.*?)"(?: xsi:nil="true" \/>|>(.*?)<\/field>)/gs),
  ]);
  return {
    columns: (rows[0] ?? []).map(([, name]) => decode(name!)),
    rows: rows.map((row) => row.map(([, , value]) => (value === undefined ? null : decode(value)))),
  };
}

function decode(text: string): string {
  return text.replaceAll(/&(\w+);/g, (whole, name: string) => XML_ENTITIES[name] ?? whole);
}

function run(program: string, args: readonly string[], input: string): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 60_000 });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', () => resolve({ stdout, stderr }));
    child.stdin.end(input);
  });
}

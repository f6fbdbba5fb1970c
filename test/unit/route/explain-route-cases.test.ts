import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { statementOf } from '../../../src/admin/command.js';
import { explainRouteCommand } from '../../../src/admin/commands/explain-route.js';
import type { AdminContext, AdminSession } from '../../../src/admin/context.js';
import { configVersion, serverKey } from '../../../src/base/ids.js';
import { loadCnf } from '../../../src/config/cnf-loader.js';
import { parseCnf } from '../../../src/config/cnf-parser.js';
import type { HostTable } from '../../../src/config/snapshot.js';
import { buildSnapshot } from '../../../src/config/snapshot-builder.js';

/** A file of test/cases/explain-route: a configuration, where servers stand, and statements with rows of the answer. */
interface ExplainCases {
  readonly about: string;
  /** Lines of a configuration file. */
  readonly cnf: readonly string[];
  /** hostgroup, server, status, reason, weight, and whether it serves; by default when it is ONLINE */
  readonly hosts: readonly (readonly [number, string, string, string, number, boolean?])[];
  /** Accounts of the servers: name, why not usable, locked. */
  readonly backendUsers?: readonly (readonly [string, string, boolean])[];
  readonly cases: readonly ExplainCase[];
}

interface ExplainCase {
  readonly statement: string;
  /** Found in this order among the rows; the last cell is a part of the detail. */
  readonly rows?: readonly (readonly [step: string, result: string, detailPart?: string])[];
  /** No row has this step. */
  readonly without?: readonly string[];
  readonly error?: string;
}

const FOLDER = new URL('../../cases/explain-route/', import.meta.url);

function contextOf({ cnf, hosts, backendUsers = [] }: ExplainCases): AdminContext {
  const loaded = loadCnf(parseCnf(cnf.join('\n'), 'case.cnf'));
  const input = { rows: loaded.rows, variables: loaded.variables, tls: null, rsa: { privateKey: '', publicKey: '' }, readPem: () => '' };
  const built = buildSnapshot({ version: configVersion(1), ...input });
  if (!built.ok) throw new Error(built.errors.join('\n'));
  const placements = hosts.map(([hostgroup, server, status, reason, weight, serves = status === 'ONLINE']) => {
    const [hostname, port] = server.split(':') as [string, string];
    return { hostgroup, hostname, port: Number(port), key: serverKey(hostname, Number(port)), status, serves, reason, weight };
  });
  const accounts = backendUsers.map(([username, unusable, locked]) => ({ username, unusable, locked, defaultHostgroup: 1 }));
  const table = { version: 1, placements, identity: {} } as unknown as HostTable;
  return {
    runtime: { snapshot: built.snapshot, rows: loaded.rows, variables: loaded.variables },
    control: { hosts: () => table, backendUsers: () => accounts },
  } as unknown as AdminContext;
}

async function answerOf(statement: string, context: AdminContext): Promise<string[][]> {
  const match = statementOf(statement).text.match(explainRouteCommand.pattern);
  const reply = await explainRouteCommand.run(match!, context, {} as AdminSession);
  if (reply.kind !== 'rows') throw new Error('no rows');
  expect(reply.columns).toEqual(['step', 'result', 'detail']);
  return reply.rows.map((row) => row.map(String));
}

/** Index behind the first row that fits, or an assertion that shows all rows. */
function expectRow(answer: readonly string[][], from: number, [step, result, detail]: readonly (string | undefined)[]): number {
  const index = answer.findIndex(
    (row, position) => position >= from && row[0] === step && row[1] === result && row[2]!.includes(detail ?? ''),
  );
  expect(index, `${step} | ${result} | ${detail ?? ''}\nafter row ${from} of\n${answer.map((row) => row.join(' | ')).join('\n')}`).not.toBe(
    -1,
  );
  return index + 1;
}

for (const file of readdirSync(FOLDER)) {
  const cases = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as ExplainCases;
  describe(`${file}: ${cases.about}`, () => {
    const context = contextOf(cases);
    for (const { statement, rows, without, error } of cases.cases) {
      it(statement, async () => {
        if (error !== undefined) {
          await expect(answerOf(statement, context)).rejects.toThrow(error);
          return;
        }
        const answer = await answerOf(statement, context);
        let from = 0;
        for (const row of rows ?? []) from = expectRow(answer, from, row);
        for (const step of without ?? []) expect(answer.map((row) => row[0])).not.toContain(step);
      });
    }
  });
}

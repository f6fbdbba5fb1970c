import { Definitions, Effect, type LexModes, SHOWS_SESSION_VARIABLES } from '../verdict.js';
import type { Findings } from './findings.js';
import { scanExpressions } from './scan-expressions.js';
import type { Statement } from './statement.js';

/** What SHOW variants do, by their words; the first that fits decides. `*` at the end: more words follow. */
type ShowKind = 'read' | 'primary' | 'diagnostics' | 'profile';

const ANYWHERE = [
  'AUTHORS',
  'CHARACTER SET',
  'CHARSET',
  'COLLATION',
  'COLUMNS',
  'CONTRIBUTORS',
  'CREATE',
  'DATABASES',
  'ENGINES',
  'STORAGE ENGINES',
  'FIELDS',
  'FUNCTION CODE',
  'FUNCTION STATUS',
  'GRANTS',
  'INDEX',
  'INDEXES',
  'KEYS',
  'LANGUAGES',
  'LIBRARY STATUS',
  'PACKAGE BODY STATUS',
  'PACKAGE STATUS',
  'PLUGINS',
  'PRIVILEGES',
  'PROCEDURE CODE',
  'PROCEDURE STATUS',
  'SCHEMAS',
  'TABLES',
  'TABLE STATUS',
  'TABLE TYPES',
  'TRIGGERS',
  'VARIABLES',
];
const PRIMARY = [
  'ALL REPLICAS STATUS',
  'ALL SLAVES STATUS',
  'ANALYZE',
  'BINARY LOG STATUS',
  'BINARY LOGS',
  'BINLOG EVENTS',
  'BINLOG STATUS',
  'CLIENT_STATISTICS',
  'CREATE EVENT',
  'ENGINE',
  'EVENTS',
  'EXPLAIN',
  'INDEX_STATISTICS',
  'MASTER LOGS',
  'MASTER STATUS',
  'OPEN TABLES',
  'PROCESSLIST',
  'RELAYLOG',
  'REPLICA',
  'REPLICAS',
  'SLAVE',
  'STATUS',
  'TABLE_STATISTICS',
  'USER_STATISTICS',
  'USER_VARIABLES',
  'LOCALES',
  'QUERY_RESPONSE_TIME',
  'WSREP_MEMBERSHIP',
  'WSREP_STATUS',
  'PARSE_TREE',
];
const DIAGNOSTICS = ['COUNT ( * ) ERRORS', 'COUNT ( * ) WARNINGS', 'ERRORS', 'WARNINGS'];
const PROFILE = ['PROFILE', 'PROFILES'];
const PREFIXES: ReadonlySet<string> = new Set(['EXTENDED', 'FULL', 'GLOBAL', 'LOCAL', 'SESSION']);

const FORMS: readonly (readonly [readonly string[], ShowKind])[] = [
  ...PRIMARY.map((form) => [form.split(' '), 'primary'] as const),
  ...ANYWHERE.map((form) => [form.split(' '), 'read'] as const),
  ...DIAGNOSTICS.map((form) => [form.split(' '), 'diagnostics'] as const),
  ...PROFILE.map((form) => [form.split(' '), 'profile'] as const),
];

/** SHOW …: a read when its form is known. */
export function judgeShow(statement: Statement, mode: LexModes, findings: Findings): void {
  let index = 1;
  while (PREFIXES.has(statement.key(index))) index += 1;
  findings.command = statement.is(index, 'TABLE', 'STATUS') ? 'SHOW_TABLE_STATUS' : 'SHOW';
  const form = FORMS.find(([words]) => statement.is(index, ...words));
  if (form === undefined) {
    findings.add(Effect.unknownState).write('unknown-show', statement.at(index)?.text ?? '');
    return;
  }
  addKind(form[1], statement.key(index), findings);
  if (statement.key(index) === 'VARIABLES' && statement.key(1) !== 'GLOBAL') findings.add(SHOWS_SESSION_VARIABLES);
  judgeConditions(statement, index + form[0].length, mode, findings);
}

function addKind(kind: ShowKind, token: string, findings: Findings): void {
  switch (kind) {
    case 'read':
      findings.touch(Definitions.reads);
      return;
    case 'primary':
      findings.primary('state-of-the-server', token);
      return;
    case 'diagnostics':
      findings.add(Effect.readsDiagnostics);
      return;
    case 'profile':
      findings.add(Effect.readsDiagnostics).primary('state-of-the-server', token);
      return;
  }
}

/** WHERE of a SHOW may call functions; INTO and further clauses do not exist. In `FOR 'a'@'b'` the `@` is no variable. */
function judgeConditions(statement: Statement, from: number, mode: LexModes, findings: Findings): void {
  const where = statement.find(from, 'WHERE');
  if (where !== -1) scanExpressions(statement.from(where), mode, findings);
  if (statement.find(from, 'INTO', 'UPDATE', 'PROCEDURE') !== -1 && statement.key(from - 1) !== 'CREATE')
    findings.write('writing-keyword', 'SHOW');
}

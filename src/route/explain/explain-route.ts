import { type HostgroupId, hostgroupId } from '../../base/ids.js';
import type { ConfigSnapshot, HostTable, UserConfig } from '../../config/snapshot.js';
import { StatementAnalyzer } from '../../sql/analyzer.js';
import type { DigestEntry } from '../../sql/digest-entry.js';
import { effectWords } from '../../sql/effect-words.js';
import { lexModesOfServers } from '../../sql/server-modes.js';
import { lexModesOfSqlMode } from '../../sql/session-text.js';
import { Effect, type Hint, type LexModes, type Verdict } from '../../sql/verdict.js';
import { analyzerOptions } from '../analyzer-options.js';
import { isProven } from '../may-read.js';
import { compileRouter, type Route, type RouteFacts, type Router, type RouteStep } from '../router.js';
import { type ExplainRow, row } from './explanation.js';
import { ruleWords } from './rule-words.js';
import { hasServer, serverRows } from './server-rows.js';

export type { ExplainRow } from './explanation.js';

/** What of an account decides where its statements go. */
export type RoutedUser = Pick<UserConfig, 'username' | 'defaultHostgroup' | 'transactionPersistent'>;

/** What EXPLAIN ROUTE is asked about. */
export interface ExplainInput {
  readonly snapshot: ConfigSnapshot;
  readonly hosts: HostTable;
  readonly statement: string;
  readonly user: RoutedUser;
  /** '' for none. */
  readonly schema: string;
  readonly clientAddress: string;
  readonly proxyAddress: string;
  readonly proxyPort: number;
  readonly inTransaction: boolean;
  /** Of the session; lexical rules follow from it. */
  readonly sqlMode: string;
}

/** Where a statement would go, and by what step: the analyzer and the router of the workers, asked the same question. */
export function explainRoute(input: ExplainInput): ExplainRow[] {
  const analyzer = new StatementAnalyzer({ ...analyzerOptions(input.snapshot.variables), maxEntries: 2 });
  const mode = lexModesOfSqlMode(input.sqlMode) | lexModesOfServers(input.hosts.identity);
  const entry = analyse(analyzer, input.statement, mode);
  const { hint } = analyzer;
  const router = compileRouter(input.snapshot);
  const facts = factsOf(input);
  const { route, steps } = router.explain(entry, facts, hint, () => input.statement);
  const rows = [...verdictRows(entry), ...effectWords(entry.verdict.effects).map((words) => row('effect', words))];
  if ((entry.verdict.effects & Effect.kill) !== 0) {
    return [...rows, row('hostgroup', 'none', 'weir executes KILL itself: connection ids are its own, and rules are not asked')];
  }
  rows.push(
    ...hintRows(hint, steps),
    ...steps.map((step) => stepRow(step, input, entry.verdict)),
    guardRow(input.snapshot, entry.verdict, route),
  );
  if (route.errorMessage !== null) {
    return [...rows, row('hostgroup', 'none', `rule ${route.ruleId} answers error 1148: ${route.errorMessage}`)];
  }
  if (route.okMessage !== null) {
    return [...rows, row('hostgroup', 'none', `rule ${route.ruleId} answers an OK: ${route.okMessage}`)];
  }
  const transaction = input.inTransaction ? transactionOf(input, analyzer, router, facts, mode, entry.verdict, route) : null;
  return [...rows, ...(transaction?.rows ?? []), ...destinationRows(input, route, steps, transaction?.hostgroup ?? null)];
}

function analyse(analyzer: StatementAnalyzer, statement: string, mode: LexModes): DigestEntry {
  const bytes = Buffer.from(statement, 'utf8');
  return analyzer.analyse(bytes, 0, bytes.length, mode);
}

function factsOf({ user, schema, clientAddress, proxyAddress, proxyPort }: ExplainInput): RouteFacts {
  const { username, defaultHostgroup } = user;
  return { username, schema, defaultHostgroup, clientAddress, proxyAddress, proxyPort };
}

function verdictRows({ digest, digestText, verdict }: DigestEntry): ExplainRow[] {
  return [
    row('digest', digest, digestText),
    row('verdict', verdictWords(verdict), `command ${verdict.command}`),
    ...verdict.reasons.map(({ code, token, by }) =>
      row('reason', code, token === '' ? `said by the ${by}` : `because of ${token}, said by the ${by}`),
    ),
  ];
}

function verdictWords({ readOnly, primaryOnly }: Verdict): string {
  if (!readOnly) return 'not read-only';
  return primaryOnly ? 'read-only, for the primary alone' : 'read-only';
}

function hintRows(hint: Hint | null, steps: readonly RouteStep[]): ExplainRow[] {
  if (hint === null) return [row('hint', 'none')];
  const wanted = hint.hostgroup === undefined ? `weir:${hint.target}` : `hostgroup=${hint.hostgroup}`;
  const decided = steps.some((step) => step.what === 'hint');
  return [
    row('hint', wanted, decided ? 'decides before rules' : "the user's default hostgroup belongs to no replication pair: not followed"),
  ];
}

function stepRow({ what, matched, why }: RouteStep, { schema, snapshot, user }: ExplainInput, verdict: Verdict): ExplainRow {
  const rule = snapshot.queryRules.find(({ ruleId }) => what === `rule ${ruleId}`);
  if (rule !== undefined) return row(what, matched ? 'matches' : 'does not match', `${why} (${ruleWords(rule)})`);
  if (what === 'fast routing') return row(what, matched ? 'matches' : 'does not match', why);
  if (what === 'split') return row(what, 'decides', `${why}: reads of writer hostgroup ${user.defaultHostgroup} go to its readers`);
  if (what === 'default') return row(what, 'decides', `${why}: ${whyNotSplit(snapshot, user, schema, verdict)}`);
  return row(what === 'hint' ? 'hint decides' : what, 'decides', why);
}

/** Why a statement that no hint and no rule sends elsewhere stays with the default hostgroup of its user. */
function whyNotSplit(snapshot: ConfigSnapshot, { defaultHostgroup }: RoutedUser, schema: string, verdict: Verdict): string {
  const isWriter = snapshot.replicationHostgroups.some((pair) => pair.writer === defaultHostgroup);
  if (!isWriter) return 'it is the writer hostgroup of no replication pair';
  if (snapshot.variables.readWriteSplit !== 'auto') return 'mysql-read_write_split=off';
  if (!verdict.readOnly) return 'the statement is not proven to only read';
  return verdict.primaryOnly ? 'the answer is that of the primary' : `what schema ${schema} has may differ by server`;
}

function guardRow({ variables }: ConfigSnapshot, verdict: Verdict, route: Route): ExplainRow {
  if (!variables.writerGuard) return row('guard', 'off', 'mysql-writer_guard=false: rules and hints are followed as they are');
  if (route.guarded) return row('guard', 'moves', `hostgroup ${route.hostgroup}: a statement not proven to only read goes to no reader`);
  return row(
    'guard',
    'agrees',
    isProven(verdict) ? 'the statement may run on a reader' : 'the hostgroup is the reader of no replication pair',
  );
}

interface TransactionPlace {
  readonly rows: readonly ExplainRow[];
  /** Of the open transaction; null when the statement leaves it. */
  readonly hostgroup: HostgroupId | null;
}

/** As sessions do it: what is open keeps its connection, unless transaction_persistent=0 lets a read go elsewhere. */
function transactionOf(
  input: ExplainInput,
  analyzer: StatementAnalyzer,
  router: Router,
  facts: RouteFacts,
  mode: LexModes,
  verdict: Verdict,
  route: Route,
): TransactionPlace {
  const begin = router.explain(analyse(analyzer, 'START TRANSACTION', mode), facts, null, () => 'START TRANSACTION').route.hostgroup;
  const mayLeave = !input.user.transactionPersistent && isProven(verdict) && route.hostgroup !== begin;
  const where = `START TRANSACTION of this user goes to hostgroup ${begin}`;
  if (mayLeave) {
    const why = `${where}; transaction_persistent=0 lets a read leave its connection`;
    return { rows: [row('transaction', 'left', why)], hostgroup: null };
  }
  return {
    rows: [row('transaction', 'pins', `${where}; its connection is kept until it ends, whatever the steps above say`)],
    hostgroup: begin,
  };
}

/** @param pinned the hostgroup of the open transaction, which decides alone */
function destinationRows(
  { snapshot, hosts }: ExplainInput,
  route: Route,
  steps: readonly RouteStep[],
  pinned: HostgroupId | null,
): ExplainRow[] {
  if (pinned !== null) {
    return [row('hostgroup', String(pinned), 'decided by the open transaction: the server that has it'), ...serverRows(hosts, pinned)];
  }
  const { hostgroup } = route;
  const decided = row('hostgroup', String(hostgroup), `decided by ${deciderOf(route, steps)}`);
  const fallsBack = route.isReader && route.writerHostgroup !== hostgroup && !hasServer(hosts, hostgroup);
  if (!fallsBack) return [decided, ...serverRows(hosts, hostgroup)];
  if (!snapshot.variables.readerFallbackToWriter) {
    const why = `no server is online in reader hostgroup ${hostgroup}, and mysql-reader_fallback_to_writer=false`;
    return [decided, row('fallback', 'none', why), ...serverRows(hosts, hostgroup)];
  }
  const writer = hostgroupId(route.writerHostgroup);
  const why = `no server is online in reader hostgroup ${hostgroup}: its writer serves (mysql-reader_fallback_to_writer)`;
  return [decided, ...serverRows(hosts, hostgroup), row('fallback', `hostgroup ${writer}`, why), ...serverRows(hosts, writer)];
}

function deciderOf(route: Route, steps: readonly RouteStep[]): string {
  // The last one: behind fast routing that found nothing comes another.
  const other = steps.findLast(({ what, matched }) => matched && !what.startsWith('rule ') && what !== 'guard')?.what;
  const first = route.ruleId === null ? other : `rule ${route.ruleId}`;
  if (route.guarded) return `the guard, over ${first}`;
  return first === 'default' ? 'the default hostgroup of the user' : `${first}`;
}

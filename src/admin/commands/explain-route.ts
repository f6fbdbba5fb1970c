import { nearestName } from '../../base/nearest-name.js';
import { parseInterfaces } from '../../config/interfaces.js';
import type { BackendUser, UserConfig } from '../../config/snapshot.js';
import { textValue } from '../../config/variables.js';
import { type ExplainRow, explainRoute, type RoutedUser } from '../../route/explain/explain-route.js';
import { type AdminCommand, adminsOnly, literalOf } from '../command.js';
import type { AdminContext } from '../context.js';
import { AdminError, rows } from '../reply.js';

const NAME = String.raw`('(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"|\x60(?:[^\x60]|\x60\x60)*\x60|[\w$.@:%-]+)(?=\s|$)`;
/** Clauses in front of the statement; none of their words begins a statement. */
const CLAUSES = {
  user: new RegExp(`^USER\\s+${NAME}\\s*`, 'i'),
  schema: new RegExp(`^(?:SCHEMA|DATABASE)\\s+${NAME}\\s*`, 'i'),
  client: new RegExp(`^CLIENT\\s+${NAME}\\s*`, 'i'),
  sqlMode: new RegExp(`^SQL_MODE\\s+${NAME}\\s*`, 'i'),
  inTransaction: /^IN\s+TRANSACTION(?=\s|$)\s*()/i,
} as const;
type Clause = keyof typeof CLAUSES;

const FORM = "EXPLAIN ROUTE [USER 'u'] [SCHEMA 's'] [IN TRANSACTION] [CLIENT 'address'] [SQL_MODE 'modes'] statement";
const LOOPBACK = '127.0.0.1';
const DEFAULT_PORT = 6033;

/** Where a statement of a user would go, and why; one row a step. The user is the first one of mysql_users where none is named. */
export const explainRouteCommand: AdminCommand = {
  pattern: /^EXPLAIN\s+ROUTE(?:\s+([\s\S]*))?$/i,
  matches: 'text',
  roles: adminsOnly,
  changes: false,
  run([, rest], context) {
    const { clauses, statement } = readClauses(rest ?? '');
    if (statement === '') throw new AdminError(`EXPLAIN ROUTE: the statement is missing; accepted: ${FORM}`);
    const { user, defaultSchema, origin } = findUser(clauses.get('user'), context);
    const schema = clauses.get('schema') ?? defaultSchema;
    const client = clauses.get('client') ?? LOOPBACK;
    const sqlMode = clauses.get('sqlMode') ?? '';
    const steps = explainRoute({
      snapshot: context.runtime.snapshot,
      hosts: context.control.hosts(),
      statement,
      user,
      schema,
      clientAddress: client,
      ...proxyAddress(context),
      inTransaction: clauses.has('inTransaction'),
      sqlMode,
    });
    const about: ExplainRow = {
      step: 'session',
      result: user.username,
      detail: `default hostgroup ${user.defaultHostgroup}, ${schema === '' ? 'no schema' : `schema ${schema}`}, client ${client}, sql_mode '${sqlMode}'${origin}`,
    };
    return rows(
      ['step', 'result', 'detail'],
      [about, ...steps].map(({ step, result, detail }) => [step, result, detail]),
    );
  },
};

function readClauses(text: string): { clauses: ReadonlyMap<Clause, string>; statement: string } {
  const clauses = new Map<Clause, string>();
  let rest = text;
  for (;;) {
    const found = (Object.keys(CLAUSES) as Clause[]).find((clause) => CLAUSES[clause].test(rest));
    if (found === undefined) return { clauses, statement: rest };
    if (clauses.has(found)) throw new AdminError(`EXPLAIN ROUTE: a clause stands there twice; accepted: ${FORM}`);
    const match = CLAUSES[found].exec(rest)!;
    clauses.set(found, literalOf(match[1]!));
    rest = rest.slice(match[0].length);
  }
}

interface FoundUser {
  readonly user: RoutedUser;
  readonly defaultSchema: string;
  /** Where the account comes from, for the first row. */
  readonly origin: string;
}

/** @throws AdminError naming the nearest user, or what keeps this one from logging in */
function findUser(name: string | undefined, { runtime, control }: AdminContext): FoundUser {
  const { users } = runtime.snapshot;
  const user = name === undefined ? users[0] : users.find((each) => each.username === name);
  if (user !== undefined) {
    const origin = name === undefined ? ', taken as the first of mysql_users since no USER is named' : '';
    return { user, defaultSchema: user.defaultSchema ?? '', origin };
  }
  const accounts = control.backendUsers().filter((each) => name === undefined || each.username === name);
  const account = accounts.find((each) => each.unusable === '' && !each.locked);
  if (account === undefined) throw new AdminError(whyNobody(name, runtime, users, control.backendUsers()));
  const chosen = name === undefined ? ', the first one since no USER is named' : '';
  return {
    // As sessions of such an account have it.
    user: { username: account.username, defaultHostgroup: account.defaultHostgroup, transactionPersistent: true },
    defaultSchema: '',
    origin: `, an account of the servers (mysql-users_from_backend)${chosen}`,
  };
}

function whyNobody(
  name: string | undefined,
  runtime: AdminContext['runtime'],
  users: readonly UserConfig[],
  backendUsers: readonly BackendUser[],
): string {
  if (name === undefined) return 'no user can log in: mysql_users has no active row with frontend=1 at runtime';
  if ((runtime.rows['mysql_users'] ?? []).some((row) => row['username'] === name)) {
    return `user '${name}' can not log in: its row of mysql_users is not active, or not for clients (frontend=0)`;
  }
  const account = backendUsers.find((each) => each.username === name);
  if (account !== undefined) return `user '${name}' can not log in: on the servers it is ${account.locked ? 'locked' : account.unusable}`;
  const names = [...users, ...backendUsers].map((each) => each.username);
  const nearest = nearestName(name, names);
  return `user '${name}' is not in runtime_mysql_users${nearest === null ? '' : `; the nearest name is '${nearest}'`}`;
}

/** The first address that clients connect to. */
function proxyAddress({ runtime }: AdminContext): { proxyAddress: string; proxyPort: number } {
  const first = parseInterfaces(textValue(runtime.variables, 'mysql-interfaces'))?.find((address) => address.kind === 'tcp');
  if (first === undefined) return { proxyAddress: LOOPBACK, proxyPort: DEFAULT_PORT };
  const anyAddress = first.host === '0.0.0.0' || first.host === '::';
  return { proxyAddress: anyAddress ? LOOPBACK : first.host, proxyPort: first.port };
}

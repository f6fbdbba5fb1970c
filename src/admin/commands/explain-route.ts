import { nearestName } from '../../base/nearest-name.js';
import { parseInterfaces } from '../../config/interfaces.js';
import type { UserConfig } from '../../config/snapshot.js';
import { textValue } from '../../config/variables.js';
import { type ExplainRow, explainRoute } from '../../route/explain/explain-route.js';
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
    const user = findUser(clauses.get('user'), context);
    const schema = clauses.get('schema') ?? user.defaultSchema ?? '';
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
    const chosen = clauses.has('user') ? '' : ', taken as the first of mysql_users since no USER is named';
    const about: ExplainRow = {
      step: 'session',
      result: user.username,
      detail: `default hostgroup ${user.defaultHostgroup}, ${schema === '' ? 'no schema' : `schema ${schema}`}, client ${client}, sql_mode '${sqlMode}'${chosen}`,
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

/** @throws AdminError naming the nearest user, or what keeps this one from logging in */
function findUser(name: string | undefined, { runtime }: AdminContext): UserConfig {
  const { users } = runtime.snapshot;
  const user = name === undefined ? users[0] : users.find((each) => each.username === name);
  if (user !== undefined) return user;
  if (name === undefined) throw new AdminError('no user can log in: mysql_users has no active row with frontend=1 at runtime');
  if ((runtime.rows['mysql_users'] ?? []).some((row) => row['username'] === name)) {
    throw new AdminError(`user '${name}' can not log in: its row of mysql_users is not active, or not for clients (frontend=0)`);
  }
  const nearest = nearestName(
    name,
    users.map((each) => each.username),
  );
  const hint = nearest === null ? '' : `; the nearest name is '${nearest}'`;
  throw new AdminError(`user '${name}' is not in runtime_mysql_users${hint}`);
}

/** The first address that clients connect to. */
function proxyAddress({ runtime }: AdminContext): { proxyAddress: string; proxyPort: number } {
  const first = parseInterfaces(textValue(runtime.variables, 'mysql-interfaces'))?.find((address) => address.kind === 'tcp');
  if (first === undefined) return { proxyAddress: LOOPBACK, proxyPort: DEFAULT_PORT };
  const anyAddress = first.host === '0.0.0.0' || first.host === '::';
  return { proxyAddress: anyAddress ? LOOPBACK : first.host, proxyPort: first.port };
}

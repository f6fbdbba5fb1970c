import type { BackendUser } from '../../config/snapshot.js';

/** An account as a server's user table has it; which hostgroup it is for is not the table's to say. */
export type ServerAccount = Omit<BackendUser, 'defaultHostgroup'>;

/** A row of a result as mysql2 gives it. */
export type AccountRow = Readonly<Record<string, unknown>>;

/** One way to log in to an account. */
interface Method {
  readonly plugin: string;
  readonly hash: string;
}

const NATIVE = 'mysql_native_password';
const SHA2 = 'caching_sha2_password';
const NATIVE_HASH = /^\*[0-9A-F]{40}$/i;
const ACCEPTED = `weir takes accounts of ${SHA2} and ${NATIVE}`;

/**
 * A row of mysql.user with HEX(authentication_string) AS authentication_hex (manual: "Grant Tables"), of MySQL 5.7 and later and of
 * MariaDB before 10.4. Null for roles and for accounts without a name.
 */
export function accountOfUserRow(row: AccountRow): ServerAccount | null {
  const username = text(row['User']);
  if (username === '' || text(row['is_role']) === 'Y') return null;
  const attributes = objectOf(row['User_attributes'] ?? row['user_attributes']);
  const plugin = text(row['plugin']) || NATIVE;
  const hash = Buffer.from(text(row['authentication_hex']), 'hex').toString('latin1') || text(row['Password']);
  const second = attributes['additional_password'];
  const methods = [{ plugin, hash }, ...(typeof second === 'string' && second !== '' ? [{ plugin, hash: second }] : [])];
  const factors = attributes['multi_factor_authentication'];
  return accountOf({
    username,
    host: text(row['Host']),
    methods,
    locked: text(row['account_locked']) === 'Y',
    ssl: tlsDemandOf(text(row['ssl_type'])),
    maxConnections: Number(row['max_user_connections'] ?? 0),
    objection: Array.isArray(factors) && factors.length > 0 ? 'it wants more than one authentication factor' : '',
  });
}

/** A row of mysql.global_priv (MariaDB 10.4 and later, knowledge base: "mysql.global_priv Table"). */
export function accountOfGlobalPrivRow(row: AccountRow): ServerAccount | null {
  const username = text(row['User']);
  const privileges = objectOf(row['Priv']);
  if (username === '' || privileges['is_role'] === true) return null;
  return accountOf({
    username,
    host: text(row['Host']),
    methods: methodsOf(privileges),
    locked: privileges['account_locked'] === true,
    ssl: tlsDemandOf(Number(privileges['ssl_type'] ?? 0)),
    maxConnections: Number(privileges['max_user_connections'] ?? 0),
    objection: '',
  });
}

/** `auth_or` lists all ways; an empty entry stands for the one that is written beside it. */
function methodsOf(privileges: AccountRow): Method[] {
  const own = { plugin: text(privileges['plugin']) || NATIVE, hash: text(privileges['authentication_string']) };
  const alternatives = privileges['auth_or'];
  if (!Array.isArray(alternatives)) return [own];
  return alternatives.map((entry) => {
    const { plugin, authentication_string: hash } = objectOf(entry);
    return plugin === undefined ? own : { plugin: text(plugin), hash: text(hash) };
  });
}

type TlsDemand = 'none' | 'any' | 'certificate';

/** mysql.user has names, MariaDB's JSON numbers: 0 none, 1 any, 2 a valid certificate, 3 a certain one. */
function tlsDemandOf(value: string | number): TlsDemand {
  if (value === 'ANY' || value === 1) return 'any';
  return value === 'X509' || value === 'SPECIFIED' || value === 2 || value === 3 ? 'certificate' : 'none';
}

interface Facts {
  readonly username: string;
  readonly host: string;
  readonly methods: readonly Method[];
  readonly locked: boolean;
  readonly ssl: TlsDemand;
  readonly maxConnections: number;
  readonly objection: string;
}

function accountOf({ username, host, methods, locked, ssl, maxConnections, objection }: Facts): ServerAccount {
  const passwords = methods.filter(isUsable).map(({ hash }) => hash);
  const unusable = objection || certificateObjection(ssl) || (passwords.length > 0 ? '' : methodObjection(methods));
  // A number below 0 forbids the account to connect at all (MariaDB).
  const mayConnect = maxConnections >= 0;
  return {
    username,
    host,
    passwords,
    locked: locked || !mayConnect,
    useSsl: ssl !== 'none',
    maxConnections: mayConnect ? maxConnections : 0,
    unusable,
  };
}

function isUsable({ plugin, hash }: Method): boolean {
  if (plugin === NATIVE) return hash === '' || NATIVE_HASH.test(hash);
  return plugin === SHA2 && (hash === '' || hash.startsWith('$A$'));
}

function certificateObjection(ssl: TlsDemand): string {
  return ssl === 'certificate' ? 'it wants a client certificate, which a proxy can not pass on' : '';
}

/** Plugins other than those two prove a password to one server only: what a client answers weir is of no use to it. */
function methodObjection(methods: readonly Method[]): string {
  const plugins = [
    ...new Set(methods.map(({ plugin, hash }) => (plugin === NATIVE && hash !== '' ? `${plugin} without a valid hash` : plugin))),
  ];
  return `it uses ${plugins.join(' or ')}, whose proof can not be passed on to a server; ${ACCEPTED}`;
}

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

/** JSON columns come as text from one server and as value from another. */
function objectOf(value: unknown): AccountRow {
  if (typeof value === 'string' && value !== '') return objectOf(JSON.parse(value));
  return typeof value === 'object' && value !== null ? (value as AccountRow) : {};
}

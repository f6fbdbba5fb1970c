import type { ServerError } from '../../base/errors.js';
import { type ServerFlavour, supportsRoles } from '../../base/server-version.js';
import { Capability, has } from '../../protocol/constants.js';
import { writeComQuery } from '../../protocol/packets/com-query.js';
import { ReplyKind } from '../../protocol/reply-tracker.js';
import { ProtocolViolation } from '../../protocol/wire/protocol-violation.js';
import { PacketWriter } from '../../protocol/wire/writer.js';
import { ReplyRows } from './reply-rows.js';
import type { TrackedVariables } from './tracked-variables.js';

/** What a fresh session of this server and identity looks like. */
export interface SessionBase {
  readonly charset: string;
  readonly collation: string;
  readonly sqlMode: string;
  readonly waitTimeoutSec: number;
  /** max_prepared_stmt_count: of all sessions together. */
  readonly maxPreparedStatements: number;
  readonly globals: GlobalDefaults;
  /** SET ROLE to the roles of the login; null where there are none. */
  readonly roleSql: string | null;
}

/** What servers give to some sessions after a reset, whatever the handshake said. */
export interface GlobalDefaults {
  readonly sqlMode: string;
  readonly charset: string;
  readonly collation: string;
}

/** What there is to do next. */
export type SetupStep =
  | { readonly do: 'wait' }
  | { readonly do: 'send'; readonly bytes: Buffer }
  | { readonly do: 'fail'; readonly error: ServerError }
  | { readonly do: 'finish'; readonly base: SessionBase; readonly statusFlags: number };

const BASE_VARIABLES = [
  ...['character_set_client', 'collation_connection', 'sql_mode', 'wait_timeout', 'max_prepared_stmt_count'],
  ...['global.sql_mode', 'global.character_set_client', 'global.collation_connection'],
];
const READ_BASE = `SELECT ${BASE_VARIABLES.map((name) => `@@${name}`).join(', ')}`;
const READ_BASE_AND_ROLE = `${READ_BASE.replace(/^SELECT/, 'SELECT CURRENT_ROLE(),')}`;
const READ_NAMES = 'SHOW SESSION VARIABLES';
/** ER_UNKNOWN_SYSTEM_VARIABLE. */
const UNKNOWN_VARIABLE = 1193;
/** ER_NET_PACKET_TOO_LARGE. */
const TOO_LARGE = 1153;
const WAIT: SetupStep = { do: 'wait' };

interface Pending {
  readonly query: 'set' | 'base' | 'names' | 'globals';
}

/**
 * The statements behind the login: the trackers on, the base of the session read; one write, one round trip. The first login to
 * a MySQL version reads the names of its variables before that.
 *
 * MariaDB gets `*`: it refuses the SET for a single unknown name (1193), and reports nothing behind statements that set nothing
 * except `last_gtid` behind what it wrote to the binary log.
 */
export class SessionSetup {
  /** Empty where the server has no trackers, or not these (before MySQL 5.7 and MariaDB 10.2). */
  setupSql = '';
  readonly globalValues = new Map<string, string>();
  private readonly replies: ReplyRows;
  private pending: readonly Pending[] = [];
  private base: SessionBase | null = null;
  private readsRole: boolean;

  constructor(
    private readonly flavour: ServerFlavour,
    private readonly serverVersion: string,
    private readonly capabilities: number,
    mariadbCapabilities: number,
    private readonly tracked: TrackedVariables,
    private readonly globals: readonly string[] = [],
  ) {
    this.replies = new ReplyRows(capabilities, mariadbCapabilities);
    this.readsRole = supportsRoles(flavour, serverVersion);
  }

  /** The bytes to send first. */
  begin(): Buffer {
    if (!has(this.capabilities, Capability.sessionTrack)) return this.send([...this.globalsQuery, this.baseQuery]);
    const list = this.flavour === 'mariadb' ? '*' : this.tracked.get(this.serverVersion);
    return list === null ? this.send([['names', READ_NAMES]]) : this.sendSetup(list);
  }

  /** @throws ProtocolViolation */
  onBytes(buffer: Buffer, start: number, end: number): SetupStep {
    let position = start;
    while (position < end) {
      const current = this.pending[0];
      if (current === undefined) throw new ProtocolViolation('bytes behind the last reply of the login');
      position = this.replies.feed(buffer, position, end);
      if (!this.replies.done) return WAIT;
      const step = this.take(current.query);
      if (step.do === 'fail' || step.do === 'send') return step;
      if (step.do === 'finish') {
        if (position < end) throw new ProtocolViolation('bytes behind the last reply of the login');
        return step;
      }
    }
    return WAIT;
  }

  private take(query: Pending['query']): SetupStep {
    const { error, rows, status } = this.replies.take();
    if (query === 'globals') this.takeGlobals(rows[0] ?? []);
    else if (error !== null && query === 'set' && error.errno === UNKNOWN_VARIABLE) this.setupSql = '';
    else if (error !== null && query === 'base' && this.readsRole) {
      // A server that only calls itself like one with roles.
      this.readsRole = false;
      return { do: 'send', bytes: this.send([this.baseQuery]) };
    } else if (error !== null) {
      // The next login has to do with less.
      if (error.errno === TOO_LARGE) this.tracked.shorten(this.serverVersion);
      return { do: 'fail', error };
    }
    this.pending = this.pending.slice(1);
    if (query === 'names') return { do: 'send', bytes: this.sendSetup(this.tracked.set(this.serverVersion, namesOf(rows))) };
    if (query === 'base') this.base = baseOf(rows, this.readsRole ? this.flavour : null);
    if (this.pending.length > 0) {
      this.replies.begin(ReplyKind.query);
      return WAIT;
    }
    if (this.base === null) throw new ProtocolViolation('no reply to the last statement of the login');
    return { do: 'finish', base: this.base, statusFlags: status };
  }

  private get baseQuery(): readonly ['base', string] {
    return ['base', this.readsRole ? READ_BASE_AND_ROLE : READ_BASE];
  }

  /** In front of the base, which is the last. */
  private get globalsQuery(): readonly (readonly ['globals', string])[] {
    return this.globals.length === 0 ? [] : [['globals', `SELECT ${this.globals.map((name) => `@@global.${name}`).join(', ')}`]];
  }

  private takeGlobals(row: readonly (string | null)[]): void {
    for (const [index, name] of this.globals.entries()) {
      const value = row[index];
      if (typeof value === 'string') this.globalValues.set(name, value);
    }
  }

  private sendSetup(list: string): Buffer {
    this.setupSql = `SET session_track_system_variables='${list}', session_track_schema=1, session_track_state_change=1`;
    return this.send([['set', this.setupSql], ...this.globalsQuery, this.baseQuery]);
  }

  private send(queries: readonly (readonly [Pending['query'], string])[]): Buffer {
    const writer = new PacketWriter();
    for (const [, text] of queries) {
      writer.sequence = 0;
      writeComQuery(writer, text, this.capabilities);
    }
    this.pending = queries.map(([query]) => ({ query }));
    this.replies.begin(ReplyKind.query);
    return writer.take();
  }
}

function namesOf(rows: readonly (readonly (string | null)[])[]): string[] {
  return rows.map(([name]) => name ?? '');
}

/** `roles`: the first value is what CURRENT_ROLE() gives on that flavour. */
function baseOf(rows: readonly (readonly (string | null)[])[], roles: ServerFlavour | null): SessionBase {
  const row = roles === null ? rows[0] : rows[0]?.slice(1);
  if (row?.length !== BASE_VARIABLES.length)
    throw new ProtocolViolation(`the base of a session has ${row?.length ?? 0} values, expected ${BASE_VARIABLES.length}`);
  const of = (name: string): string => row[BASE_VARIABLES.indexOf(name)] ?? '';
  const waitTimeoutSec = Number(of('wait_timeout'));
  if (!(waitTimeoutSec > 0)) throw new ProtocolViolation(`wait_timeout is ${of('wait_timeout')}, expected seconds`);
  return {
    charset: of('character_set_client'),
    collation: of('collation_connection'),
    sqlMode: of('sql_mode'),
    waitTimeoutSec,
    maxPreparedStatements: Number(of('max_prepared_stmt_count')),
    globals: {
      sqlMode: of('global.sql_mode'),
      charset: of('global.character_set_client'),
      collation: of('global.collation_connection'),
    },
    roleSql: roles === null ? null : `SET ROLE ${rolesOf(rows[0]?.[0] ?? null, roles)}`,
  };
}

/** What SET ROLE takes for what CURRENT_ROLE() gives: MySQL a list in quotes or NONE, MariaDB a bare name or NULL. */
export function rolesOf(current: string | null, flavour: ServerFlavour): string {
  if (current === null) return 'NONE';
  return flavour === 'mysql' ? current : `\`${current.replaceAll('`', '``')}\``;
}

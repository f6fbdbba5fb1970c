import type { Flavour } from '../support/servers/index.js';
import type { Step } from './step.js';

/** A difference that is known: what it concerns is left out of what sessions say, or is not compared. */
interface KnownDifference {
  readonly reason: string;
  readonly only?: Flavour;
  /** Not said at all. */
  readonly isLeftOut?: (step: Step) => boolean;
  /** Said, and these two answers are taken. */
  readonly isTaken?: (step: Step, twin: readonly string[], weir: readonly string[]) => boolean;
  /** Prepared statements are not executed any more after it. */
  readonly forgetsPrepared?: (step: Step) => boolean;
  /** A session keeps its connection after it, where it need not. */
  readonly holds?: (step: Step) => boolean;
}

const DIAGNOSTICS_LOST = 9107;

const said = (step: Step): string => ('sql' in step.action ? step.action.sql : step.action.do);

const KNOWN: readonly KnownDifference[] = [
  {
    reason: 'LAST_INSERT_ID(n) in a SELECT and SET last_insert_id do not set what LAST_INSERT_ID() gives next',
    isLeftOut: (step) => /LAST_INSERT_ID\(\w|SET last_insert_id/.test(said(step)),
  },
  {
    reason: 'after an INSERT with an explicit id LAST_INSERT_ID() can differ (README, Limits)',
    isLeftOut: (step) => /^(?:INSERT|REPLACE).*\(id\b/.test(said(step)),
  },
  {
    reason: 'COM_RESET_CONNECTION gives the character set of the login (README, Limits)',
    only: 'mysql',
    isLeftOut: (step) => step.action.do === 'resetConnection',
  },
  {
    reason: 'CONNECTION_ID() is that of the server connection (README, Limits)',
    isLeftOut: (step) => said(step).includes('$ID'),
  },
  {
    reason: 'asked for after another session has used the connection, diagnostics are gone: an error of its own, never wrong ones',
    isTaken: (_, __, weir) => weir.length === 1 && errnoOf(weir[0]!) === DIAGNOSTICS_LOST,
  },
  {
    reason: 'after CALL of a procedure that inserts LAST_INSERT_ID() is that of before',
    isLeftOut: (step) => /CALL inserting/.test(said(step)),
  },
  {
    reason: 'a statement that was prepared in another schema keeps the connection, or is refused',
    forgetsPrepared: ({ action }) => action.do === 'initDb' || (action.do === 'query' && /^USE/.test(action.sql)),
  },
  {
    reason: 'SET CHARACTER SET beside single variables and prepared statements',
    isLeftOut: (step) => /SET CHARACTER SET/.test(said(step)),
  },
  {
    reason: 'a parameter that is NULL now has the type of the execution before',
    only: 'mysql',
    isLeftOut: ({ action }) => action.do === 'execute' && action.values.includes(null),
  },
  {
    reason: 'SERVER_STATUS_METADATA_CHANGED after DDL',
    only: 'mariadb',
    isTaken: ({ action }, twin, weir) =>
      action.do === 'execute' && twin.join().replaceAll('\x04', '\0') === weir.join().replaceAll('\x04', '\0'),
  },
  {
    reason: 'SET of several variables, an expression or @@ among them, is not followed to the end',
    isLeftOut: (step) =>
      /^SET .*,.*(?:=|:=)/.test(said(step).replaceAll(/'[^']*'|\([^)]*\)/g, '')) || /REPLACE\(|CONCAT\(/.test(said(step)),
  },
  {
    reason: 'SET NAMES DEFAULT is the collation of the login',
    isLeftOut: (step) => /SET NAMES DEFAULT/.test(said(step)),
  },
  {
    reason: 'a read beside a pin that fails at the reader waits for a second connection of the primary',
    isLeftOut: ({ action }) => action.do === 'query' && /^SELECT.*(?:missing|t[34]|tt\d|v1)\b/.test(action.sql),
  },
  {
    reason: 'a multi-statement that fails keeps the connection',
    isLeftOut: ({ action }) => action.do === 'query' && /;./.test(action.sql),
  },
  {
    reason: 'diagnostics of other statements, of other sessions even, where a server says something else',
    isLeftOut: (step) => /ROW_COUNT\(\)|FOUND_ROWS\(\)|SHOW (?:COUNT|WARN|ERR)|_count|GET DIAG/.test(said(step)),
  },
  {
    reason: 'COM_INIT_DB and COM_PING tell the warnings of the statement before',
    only: 'mysql',
    isTaken: ({ action }, twin, weir) => (action.do === 'initDb' || action.do === 'ping') && twin[0]!.slice(0, 7) === weir[0]!.slice(0, 7),
  },
  {
    reason: 'a SET that changes nothing keeps the connection',
    holds: (step) => /^SET/.test(said(step)),
  },
];

/** Whether a step is not said because its difference is known. */
export function isLeftOut(step: Step, flavour: Flavour): boolean {
  return KNOWN.some((known) => concerns(known, flavour) && known.isLeftOut?.(step) === true);
}

/** Whether the prepared statements of a session are left alone after a step. */
export function forgetsPrepared(step: Step, flavour: Flavour): boolean {
  return KNOWN.some((known) => concerns(known, flavour) && known.forgetsPrepared?.(step) === true);
}

/** Whether a session is taken to keep its connection after a step. */
export function holdsNeedlessly(step: Step, flavour: Flavour): boolean {
  return KNOWN.some((known) => concerns(known, flavour) && known.holds?.(step) === true);
}

/** Whether the answers differ as it is known. */
export function isKnownDifference(step: Step, flavour: Flavour, twin: readonly string[], weir: readonly string[]): boolean {
  return KNOWN.some((known) => concerns(known, flavour) && known.isTaken?.(step, twin, weir) === true);
}

const concerns = ({ only }: KnownDifference, flavour: Flavour): boolean => only === undefined || only === flavour;

/** Of an error packet, shown as text; 0: it is none. */
function errnoOf(packet: string): number {
  const bytes = Buffer.from(packet.slice(packet.indexOf(' ') + 1), 'latin1');
  return bytes[0] === 0xff ? bytes.readUInt16LE(1) : 0;
}

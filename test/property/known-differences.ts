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
}

const said = (step: Step): string => ('sql' in step.action ? step.action.sql : step.action.do);

/** Of columns; `def` is the catalogue that they begin with. */
function differInDefinitionsOnly(twin: readonly string[], weir: readonly string[]): boolean {
  return twin.length === weir.length && twin.every((packet, index) => packet === weir[index] || packet.includes('\x03def\0'));
}

const KNOWN: readonly KnownDifference[] = [
  {
    reason: 'the warnings that commands without text tell of behind an error',
    only: 'mysql',
    isTaken: (step) => step.action.do === 'ping' || step.action.do === 'initDb',
  },
  {
    reason: 'ROW_COUNT() after an error, sometimes',
    isTaken: (step) => said(step).includes('ROW_COUNT()'),
    isLeftOut: (step) => step.action.do === 'prepare' && step.action.sql.includes('ROW_COUNT()'),
  },
  {
    reason: 'ROW_COUNT() in a text of several statements is replaced',
    isLeftOut: (step) => /;.*ROW_COUNT/.test(said(step)),
  },
  {
    reason: 'the character set of what SHOW WARNINGS answers, warnings of what weir restored, and flags of what weir answers',
    isTaken: (step) => /^SHOW (?:WARN|ERR|COUNT)|@@warning_count|^GET DIAG/.test(said(step)),
    isLeftOut: (step) => step.action.do === 'prepare' && /^SHOW (?:WARN|ERR|COUNT)/.test(step.action.sql),
  },
  {
    reason: 'LAST_INSERT_ID() behind an id given by hand that another session got on that connection',
    isTaken: (step) => /last_insert_id|identity/i.test(said(step)),
  },
  {
    reason: 'a statement that was prepared in another schema keeps the connection',
    forgetsPrepared: ({ action }) => action.do === 'initDb' || (action.do === 'query' && /^USE/.test(action.sql)),
  },
  {
    reason: 'a statement that was prepared without a schema is executed in that of the session',
    isLeftOut: ({ action }) => action.do === 'prepare' && action.sql.includes('DATABASE()'),
  },
  {
    reason: 'what statements remember of the types and character sets of earlier executions',
    isTaken: ({ action }, twin, weir) => action.do === 'execute' && differInDefinitionsOnly(twin, weir),
  },
  {
    reason: 'FOUND_ROWS() behind DO on MariaDB, and behind the reset of a session that kept a connection',
    isTaken: (step) => said(step).includes('FOUND_ROWS()'),
  },
  {
    reason: 'the collation of results behind an assignment that MariaDB does not report',
    only: 'mariadb',
    isLeftOut: (step) => said(step).includes('@@collation_connection ='),
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

/** Whether the answers differ as it is known. */
export function isKnownDifference(step: Step, flavour: Flavour, twin: readonly string[], weir: readonly string[]): boolean {
  return KNOWN.some((known) => concerns(known, flavour) && known.isTaken?.(step, twin, weir) === true);
}

const concerns = ({ only }: KnownDifference, flavour: Flavour): boolean => only === undefined || only === flavour;

import type { Flavour } from '../support/servers/index.js';
import type { Step } from './step.js';

/** A difference that is known: what it concerns is left out of what sessions say, or is not compared. */
interface KnownDifference {
  readonly reason: string;
  readonly only?: Flavour;
  /** Not said at all. */
  readonly isLeftOut?: (step: Step) => boolean;
  /** Said, and these two answers are taken. */
  readonly isTaken?: (step: Step, twin: readonly string[], weir: readonly string[], saidBefore: readonly string[]) => boolean;
  /** Prepared statements are not executed any more after it. */
  readonly forgetsPrepared?: (step: Step) => boolean;
}

const said = (step: Step): string => ('sql' in step.action ? step.action.sql : step.action.do);

const READS_CONDITIONS = /WARNINGS|ERRORS|warning_count|error_count|DIAGNOSTICS/i;

const LOOKS_AT_TABLES = /\b(?:FROM|INTO|UPDATE|TABLES?|SHOW|VIEW|[tv][1-4])\b/i;

/** Nothing but reads of them and statements without tables came since a CALL. */
function followsCall(saidBefore: readonly string[]): boolean {
  const last = saidBefore.findLast((sql) => sql.startsWith('CALL') || (!READS_CONDITIONS.test(sql) && LOOKS_AT_TABLES.test(sql)));
  return last?.startsWith('CALL') === true;
}

/** The rows of no other statement came since an UPDATE. `saidBefore` ends with what reads them. */
function followsUpdate(saidBefore: readonly string[]): boolean {
  return (
    saidBefore
      .slice(0, -1)
      .findLast((sql) => /^\W*(?:SELECT|SHOW|UPDATE|EXPLAIN|DESC|CHECK)/i.test(sql))
      ?.startsWith('UPDATE') === true
  );
}

const KNOWN: readonly KnownDifference[] = [
  {
    reason: 'COM_FIELD_LIST warns of itself behind the conditions of before, which may be on another connection',
    only: 'mysql',
    isLeftOut: (step) => step.action.do === 'fieldList',
  },
  {
    reason: 'a routine without tables keeps the conditions of before, which were on another connection',
    only: 'mariadb',
    isTaken: (step, _, __, saidBefore) => READS_CONDITIONS.test(said(step)) && followsCall(saidBefore),
  },
  {
    reason: 'an UPDATE that cannot match a row leaves FOUND_ROWS() alone, also where it is 0 on a connection of others',
    only: 'mysql',
    isTaken: (step, _, __, saidBefore) => /FOUND_ROWS\(\)/.test(said(step)) && followsUpdate(saidBefore),
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

/** Whether the answers differ as it is known. `saidBefore`: by the session. */
export function isKnownDifference(
  step: Step,
  flavour: Flavour,
  twin: readonly string[],
  weir: readonly string[],
  saidBefore: readonly string[],
): boolean {
  return KNOWN.some((known) => concerns(known, flavour) && known.isTaken?.(step, twin, weir, saidBefore) === true);
}

const concerns = ({ only }: KnownDifference, flavour: Flavour): boolean => only === undefined || only === flavour;

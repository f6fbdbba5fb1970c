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

const READS_INSERT_ID = /LAST_INSERT_ID|@@identity/i;
const GIVES_ID = /^(?:INSERT|REPLACE)[^(]*\(id\b.*VALUES(.*)$/i;

/** The answer has a number that the session has given as an id. */
function showsGivenId(weir: readonly string[], saidBefore: readonly string[]): boolean {
  const given = saidBefore.flatMap((sql) => [...(GIVES_ID.exec(sql)?.[1] ?? '').matchAll(/\((\d+)/g)].map(([, id]) => id as string));
  return given.some((id) => weir.some((packet) => packet.includes(id)));
}

const READS_CONDITIONS = /WARNINGS|ERRORS|warning_count|error_count|DIAGNOSTICS/i;

/** Nothing but reads of them came since a CALL. */
function followsCall(saidBefore: readonly string[]): boolean {
  return saidBefore.findLast((sql) => !READS_CONDITIONS.test(sql))?.startsWith('CALL') === true;
}

/** The length of the message in front of it included. */
const withoutStatements = (packets: readonly string[]): string =>
  packets.join('\n').replaceAll(/.The statement \(\d+\)/gs, 'The statement');

const KNOWN: readonly KnownDifference[] = [
  {
    reason: 'a routine without tables keeps the conditions of before, which were on another connection',
    only: 'mariadb',
    isTaken: (step, _, __, saidBefore) => READS_CONDITIONS.test(said(step)) && followsCall(saidBefore),
  },
  {
    reason: "the numbers of statements are each server's own",
    isTaken: (_, twin, weir) => withoutStatements(twin) === withoutStatements(weir),
  },
  {
    reason: 'an id given by hand passes for a new one where the next INSERT is on another connection before it is asked for',
    isTaken: (step, _, weir, saidBefore) => READS_INSERT_ID.test(said(step)) && showsGivenId(weir, saidBefore),
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

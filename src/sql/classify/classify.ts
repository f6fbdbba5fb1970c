import { ScanFlag } from '../scanner.js';
import type { Token } from '../token.js';
import { DiagnosticsUse, Effect, type LexModes, type Verdict, type VerdictReason } from '../verdict.js';
import { diagnosticsUseOfText } from './diagnostics-use.js';
import { Findings } from './findings.js';
import { judgeStatement } from './judge-statement.js';
import { routineHead } from './routine-body.js';
import { splitStatements } from './statement.js';
import { versionVariants } from './version-variants.js';

/**
 * The verdict of a text by its tokens and, for what the tokens call a read, by a parser that may object.
 * @param flags ScanFlag bits; any of them means that nothing is proven
 */
export function classify(tokens: readonly Token[], flags: number, mode: LexModes): Verdict {
  const variants = versionVariants(tokens);
  if (variants === null) return unproven(tokens, 'too-many-version-comments', mode);
  if (flags !== 0) return unproven(tokens, flagReason(flags), mode, flags === ScanFlag.tooLong);
  // What a server leaves out may leave nothing at all, which is refused and harmless.
  const judged = variants.map((variant) => judgeText(variant, mode)).filter((findings) => findings !== null);
  return judged.length === 0 ? verdictOf([emptyText()]) : verdictOf(judged);
}

function judgeText(tokens: readonly Token[], mode: LexModes): Findings | null {
  const routine = routineHead(tokens);
  const statements = routine === null ? splitStatements(tokens) : [routine];
  if (statements.length === 0) return null;
  const judged = statements.map((statement) => judgeStatement(statement, mode));
  const merged = judged[0]!;
  const uses = judged.map(({ diagnostics }) => diagnostics);
  for (const findings of judged.slice(1)) merge(merged, findings);
  if (statements.length > 1) {
    merged.add(Effect.multiple);
    merged.diagnostics = diagnosticsUseOfText(statements, uses);
  }
  return merged;
}

function merge(into: Findings, from: Findings): void {
  into.readOnly &&= from.readOnly;
  into.primaryOnly ||= from.primaryOnly;
  into.effects |= from.effects;
  into.diagnostics |= from.diagnostics;
  into.touch(from.definitions);
  into.reasons.push(...from.reasons);
}

function verdictOf(judged: readonly Findings[]): Verdict {
  const first = judged[0]!;
  for (const findings of judged.slice(1)) merge(first, findings);
  const reasons = distinct(first.reasons);
  if (reasons.length === 0) reasons.push({ code: 'proven-read', token: '', by: 'tokenizer' });
  const { readOnly, primaryOnly, command, diagnostics, effects, definitions } = first;
  return Object.freeze({ readOnly, primaryOnly: readOnly && primaryOnly, command, effects, diagnostics, reasons, definitions });
}

function distinct(reasons: readonly VerdictReason[]): VerdictReason[] {
  const seen = new Map(reasons.map((reason) => [`${reason.code} ${reason.token} ${reason.by}`, reason]));
  return [...seen.values()].slice(0, 8);
}

function emptyText(): Findings {
  const findings = new Findings().write('empty', '');
  findings.diagnostics = DiagnosticsUse.keepsConditions;
  return findings;
}

const PLAIN_COMMANDS: ReadonlySet<string> = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE']);

/** The effects that the tokens show are kept, so that the session knows as much as can be known. */
function unproven(tokens: readonly Token[], code: string, mode: LexModes, isOnlyLong = false): Verdict {
  const findings = judgeText(tokens, mode) ?? emptyText();
  // A long INSERT is an INSERT.
  if (!isOnlyLong || !PLAIN_COMMANDS.has(findings.command)) findings.add(Effect.unknownState);
  findings.readOnly = false;
  findings.reasons.unshift({ code, token: '', by: 'tokenizer' });
  return verdictOf([findings]);
}

function flagReason(flags: number): string {
  if ((flags & ScanFlag.unknownMode) !== 0) return 'unknown-lexical-mode';
  if ((flags & ScanFlag.unterminated) !== 0) return 'unterminated';
  if ((flags & ScanFlag.ambiguous) !== 0) return 'ambiguous-text';
  return (flags & ScanFlag.invalid) !== 0 ? 'invalid-text' : 'too-long';
}

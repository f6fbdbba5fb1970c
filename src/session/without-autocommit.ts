import type { ServerFlavour } from '../base/server-version.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { Definitions, DiagnosticsUse, Effect, type Verdict } from '../sql/verdict.js';
import type { Command } from './command.js';
import { Pin, type Pins } from './pins.js';

interface Flags {
  readonly autocommit: boolean;
  readonly inTransaction: boolean;
}

/**
 * Without autocommit savepoints last until COMMIT, and on MySQL the metadata locks of tables that know no transactions; no status flag tells of either
 * (seen in MySQL 9.7 and MariaDB 10.11). `pins`: those of the session behind the statement.
 */
export function pinsWithoutAutocommit(pins: Pins, command: Command, failed: boolean, flags: Flags, flavour: ServerFlavour): Pins {
  if (flags.autocommit || endsAll(command, failed)) return pins & ~Pin.withoutAutocommit;
  return (!failed && flags.inTransaction) || !mayLeave(command, flavour) ? pins : pins | Pin.withoutAutocommit;
}

function endsAll({ effects, entry }: Command, failed: boolean): boolean {
  if (failed || entry === null || (effects & Effect.multiple) !== 0) return false;
  return (effects & Effect.endsTransaction) !== 0 || entry.verdict.definitions === Definitions.changes;
}

function mayLeave({ entry, replyKind }: Command, flavour: ServerFlavour): boolean {
  if (entry === null || (replyKind !== ReplyKind.query && replyKind !== ReplyKind.execute)) return false;
  return (flavour === 'mysql' && mayLock(entry.verdict)) || /\bSAVEPOINT\b/i.test(entry.digestText);
}

/** It names tables. SHOW lets go of them, or shows the flag of a transaction. */
function mayLock({ command, diagnostics }: Verdict): boolean {
  return (diagnostics & DiagnosticsUse.keepsConditions) === 0 && !command.startsWith('SHOW');
}

import { type ServerError, weirError } from '../base/errors.js';
import type { ConnectionId } from '../base/ids.js';
import type { UserConfig } from '../config/snapshot.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import type { PacketAssembler } from '../protocol/wire/framing.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import { parseKill } from '../sql/session-text.js';
import type { LexModes } from '../sql/verdict.js';
import type { ClientOutput } from './client-output.js';
import { WEIR_ITSELF } from './command-routing.js';
import type { KillOutcome, SessionContext } from './context.js';
import { Phase } from './phase.js';
import type { StatementRunner } from './statement-runner.js';

/** Who kills. */
export interface KillOwner {
  readonly id: ConnectionId;
  phase: Phase;
  readonly assembler: PacketAssembler;
  readonly output: ClientOutput;
  /** Both are there when commands come. */
  readonly user: UserConfig | null;
  readonly runner: StatementRunner | null;
  readonly statusFlags: number;
  readonly sequenceOfReply: number;
  readonly lexMode: LexModes;
  close(): void;
  onCommandDone(failed: boolean): void;
}

/** KILL in its forms. It names a connection by the number of weir's greeting, so weir executes it. */
export class KillStatements {
  constructor(
    private readonly context: SessionContext,
    private readonly owner: KillOwner,
  ) {}

  /** `text` is a KILL, sent or prepared. */
  execute(entry: DigestEntry, text: Uint8Array, now: number): void {
    const { context, owner } = this;
    context.stats.counters.questions++;
    const runner = owner.runner as StatementRunner;
    runner.command.begin(ReplyKind.query, now, owner.assembler.sequence);
    runner.records.answeredHere(entry, WEIR_ITSELF);
    const request = parseKill(text, owner.lexMode);
    if (request !== null) {
      this.kill(request.connection === 'own' ? owner.id : this.numberOf(request.connection), request.queryOnly);
      return;
    }
    owner.phase = Phase.running;
    const explanation = 'weir executes KILL itself and expects KILL [CONNECTION | QUERY] with a number or CONNECTION_ID()';
    this.refuse(weirError('syntaxError', { explanation }));
    owner.onCommandDone(true);
  }

  /** As servers take it: 64 bits on MariaDB, of which MySQL looks at 32. */
  private numberOf(written: bigint): bigint {
    const clamped = written > 0x7fff_ffff_ffff_ffffn ? 0x7fff_ffff_ffff_ffffn : written;
    return BigInt.asUintN(this.context.identity.flavour === 'mysql' ? 32 : 64, clamped);
  }

  kill(connection: ConnectionId | bigint, queryOnly: boolean): void {
    const { context, owner } = this;
    owner.phase = Phase.running;
    if (connection === owner.id || connection === BigInt(owner.id)) {
      this.killOneself(queryOnly);
      return;
    }
    const isNumber = connection <= 0xffff_ffff;
    const onDone = (outcome: KillOutcome): void => this.answer(outcome, connection);
    if (isNumber) context.kill(Number(connection) as ConnectionId, queryOnly, (owner.user as UserConfig).username, onDone);
    else onDone('unknown');
  }

  private answer(outcome: KillOutcome, id: ConnectionId | bigint): void {
    const { owner } = this;
    if (owner.phase !== Phase.running) return;
    if (outcome === 'killed') owner.output.reply({ type: 'ok', statusFlags: owner.statusFlags }, 1);
    else this.refuse(weirError(outcome === 'unknown' ? 'unknownThread' : 'notOwnerOfThread', { id: String(id) }));
    owner.onCommandDone(outcome !== 'killed');
  }

  /** The KILL is the statement that is ended. Observed on MariaDB 10.11 and MySQL 9.7. */
  private killOneself(queryOnly: boolean): void {
    const { context, owner } = this;
    const isMariadb = context.identity.flavour === 'mariadb';
    this.refuse(weirError(isMariadb && !queryOnly ? 'connectionKilled' : 'queryInterrupted'));
    if (queryOnly) {
      owner.onCommandDone(true);
      return;
    }
    context.stats.counters.killedConnections++;
    owner.close();
  }
  private refuse(error: ServerError): void {
    const { output, runner, sequenceOfReply } = this.owner;
    (runner as StatementRunner).session.diagnostics.onOwnError(error);
    output.error(error, sequenceOfReply);
  }
}

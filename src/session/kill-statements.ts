import { type ServerError, weirError } from '../base/errors.js';
import type { ConnectionId } from '../base/ids.js';
import type { KillAnswer } from '../base/kill-order.js';
import type { UserConfig } from '../config/snapshot.js';
import { PACKET_HEADER_BYTES, ReplyHeader } from '../protocol/constants.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import { readErr } from '../protocol/packets/err.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import type { PacketAssembler } from '../protocol/wire/framing.js';
import { encodeCommands } from '../protocol/wire/writer.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import { type KillRequest, parseKill } from '../sql/kill-text.js';
import { Effect, type Effects, type Hint, type LexModes } from '../sql/verdict.js';
import type { ClientOutput } from './client-output.js';
import { type AnswerTaker, ReplyUse } from './command.js';
import { WEIR_ITSELF } from './command-routing.js';
import type { SessionContext } from './context.js';
import { KillProbe } from './kill-probe.js';
import { askKillRights } from './kill-rights.js';
import { isAt } from './kills.js';
import type { Conditions } from './own-diagnostics.js';
import { Phase } from './phase.js';
import type { StatementRunner } from './statement-runner.js';

/** Effects of statements that may be a KILL, or execute one that was prepared. */
export const MAY_KILL: Effects = Effect.kill | Effect.sqlPrepare;

/** Who kills. */
export interface KillOwner {
  readonly id: ConnectionId;
  readonly clientHost: string;
  phase: Phase;
  readonly assembler: PacketAssembler;
  readonly output: ClientOutput;
  /** Both are there when commands come. */
  readonly user: UserConfig | null;
  readonly runner: StatementRunner | null;
  readonly statusFlags: number;
  readonly sequenceOfReply: number;
  readonly lexMode: LexModes;
  readonly lastHint: Hint | null;
  analyse(text: Uint8Array, start: number, end: number): DigestEntry;
  execute(entry: DigestEntry, hint: Hint | null, text: () => string): void;
  close(): void;
  onCommandDone(failed: boolean): void;
}

/** KILL in its forms. It names a connection by the number of weir's greeting, so weir executes it. */
export class KillStatements implements AnswerTaker {
  /** Of the KILL whose number a server is asked for. */
  private probe: KillProbe | null = null;
  private queryOnly = false;
  /** What the statement in front of it had left. */
  private before: Conditions = 'none';

  constructor(
    private readonly context: SessionContext,
    private readonly owner: KillOwner,
  ) {}

  /** `text`, sent or prepared, has an effect of `MAY_KILL`. false: it is a server's. */
  takes(entry: DigestEntry, text: Uint8Array, now: number): boolean {
    const { lexMode } = this.owner;
    if ((entry.verdict.effects & Effect.kill) !== 0) return this.takesKill(entry, Buffer.from(text), now);
    if (entry.verdict.command !== 'EXECUTE') return false;
    const kill = (this.owner.runner as StatementRunner).session.sqlPrepared.killOf(text, lexMode, this.isMariadb);
    return kill !== null && this.takesKill(this.owner.analyse(kill, 0, kill.length), kill, now);
  }

  /** A COM_STMT_EXECUTE of a KILL. `command`: what has parameters that cannot be read, or ones that it does not take. */
  refuseArguments(command: string, now: number): void {
    this.begin(now);
    this.fail(weirError('wrongArguments', { command }));
  }

  private takesKill(entry: DigestEntry, text: Buffer, now: number): boolean {
    const request = parseKill(text, this.owner.lexMode, this.isMariadb);
    if (request?.target.kind === 'statement') return false;
    this.begin(now);
    if (request?.target.kind === 'expression') {
      this.ask(entry, text, request.queryOnly, new KillProbe(text, request.target, this.isMariadb));
      return true;
    }
    this.context.stats.counters.questions++;
    (this.owner.runner as StatementRunner).records.answeredHere(entry, WEIR_ITSELF);
    this.execute(request);
    return true;
  }

  private begin(now: number): void {
    const { owner } = this;
    (owner.runner as StatementRunner).command.begin(ReplyKind.query, now, owner.assembler.sequence);
    owner.phase = Phase.running;
  }

  private execute(request: KillRequest | null): void {
    const { target, queryOnly } = request ?? { target: null, queryOnly: false };
    if (target?.kind === 'own') this.kill(this.owner.id, queryOnly);
    else if (target?.kind === 'user') this.killUser(target.name ?? this.username, target.host, queryOnly);
    else if (target?.kind === 'number') this.kill(this.numberOf(target.number), queryOnly);
    else {
      const explanation =
        'weir executes KILL itself and expects KILL [CONNECTION | QUERY] with an expression, on MariaDB USER with a name too, alone in its text';
      this.fail(weirError('syntaxError', { explanation }));
    }
  }

  /** As servers take it: 64 bits on MariaDB, of which MySQL looks at 32. */
  private numberOf(written: bigint): bigint {
    const clamped = written > 0xffff_ffff_ffff_ffffn ? 0x7fff_ffff_ffff_ffffn : written;
    return BigInt.asUintN(this.isMariadb ? 64 : 32, clamped);
  }

  // ---------------------------------------------------------------- numbers that a server has to be asked for

  /** MariaDB keeps the conditions of before over a KILL that has none of its own: they are asked for first. */
  private ask(entry: DigestEntry, text: Buffer, queryOnly: boolean, probe: KillProbe): void {
    const { owner } = this;
    const { lastHint } = owner;
    const runner = owner.runner as StatementRunner;
    const { command } = runner;
    this.probe = probe;
    this.queryOnly = queryOnly;
    command.replyUse = ReplyUse.answer;
    command.taker = this;
    command.text = probe.statement;
    command.lexMode = owner.lexMode;
    command.bytes = encodeCommands([(writer) => writeComQuery(writer, probe.statement, owner.output.capabilities)]);
    runner.countWarnings(() => {
      this.before = runner.session.diagnostics.conditions;
      owner.execute(entry, lastHint, () => text.toString('utf8'));
    });
  }

  takeAnswer(packet: Buffer): void {
    const { owner } = this;
    const runner = owner.runner as StatementRunner;
    if (packet[PACKET_HEADER_BYTES] !== ReplyHeader.error) {
      // Somebody has the number that nobody should have.
      this.tell(packet, false);
      return;
    }
    const probe = this.probe as KillProbe;
    const number = probe.targetIn(readErr(packet, PACKET_HEADER_BYTES, packet.length));
    const told = number === null ? probe.asForClient(packet) : packet;
    if (number !== null) runner.countWarnings(() => this.kill(number, this.queryOnly));
    else if (told === packet) this.tell(packet, true);
    else
      runner.countWarnings(() => {
        this.leave(readErr(told, PACKET_HEADER_BYTES, told.length));
        this.tell(told, true);
      });
  }

  private tell(packet: Buffer, failed: boolean): void {
    this.probe = null;
    this.owner.output.send(packet);
    this.owner.onCommandDone(failed);
  }

  // ---------------------------------------------------------------- killing

  /** COM_PROCESS_KILL. */
  killConnection(connection: ConnectionId): void {
    this.owner.phase = Phase.running;
    this.kill(connection, false);
  }

  private kill(connection: ConnectionId | bigint, queryOnly: boolean): void {
    const { context, owner } = this;
    if (connection === owner.id || connection === BigInt(owner.id)) {
      this.killOneself(queryOnly);
      return;
    }
    const order = { target: { connection: Number(connection) as ConnectionId }, queryOnly };
    const answer = (outcome: KillAnswer): void => this.answer(outcome, connection);
    if (connection > 0xffff_ffff) answer('unknown');
    else
      context.kill({ ...order, username: this.username }, (outcome) => {
        if (outcome !== 'denied') answer(outcome);
        else this.askRights((may) => (may ? context.kill({ ...order, username: null }, answer) : answer(outcome)));
      });
  }

  /** MariaDB ends none of another user where the account may not, and says how many. Observed on 10.11. */
  private killUser(user: string, host: string | null, queryOnly: boolean): void {
    const { context, owner, username } = this;
    const target = { user, host, asker: owner.id };
    const kill = (asUser: string | null): void =>
      context.kill({ target, queryOnly, username: asUser }, (answer) => {
        if (owner.phase !== Phase.running) return;
        this.succeed(typeof answer === 'number' ? answer : 0);
        if (!queryOnly && user === username && isAt(owner.clientHost, target)) this.end();
      });
    if (user === username) kill(username);
    else this.askRights((may) => kill(may ? null : username));
  }

  private askRights(then: (may: boolean) => void): void {
    const { context, owner } = this;
    askKillRights(context, owner.runner as StatementRunner, (owner.user as UserConfig).defaultHostgroup, (may) => {
      if (owner.phase === Phase.running) then(may);
    });
  }

  private answer(outcome: KillAnswer, id: ConnectionId | bigint): void {
    const { owner } = this;
    if (owner.phase !== Phase.running) return;
    if (typeof outcome === 'string') {
      this.fail(weirError(outcome === 'unknown' ? 'unknownThread' : 'notOwnerOfThread', { id: String(id) }));
      return;
    }
    this.succeed(0);
  }

  private succeed(affectedRows: number): void {
    const { owner } = this;
    const warnings = this.leave(null, affectedRows);
    owner.output.reply({ type: 'ok', affectedRows, statusFlags: owner.statusFlags, warnings }, owner.sequenceOfReply);
    owner.onCommandDone(false);
  }

  /** The KILL is the statement that is ended. Observed on MariaDB 10.11 and MySQL 9.7. */
  private killOneself(queryOnly: boolean): void {
    const { owner } = this;
    const error = weirError(this.isMariadb && !queryOnly ? 'connectionKilled' : 'queryInterrupted');
    if (queryOnly) {
      this.fail(error);
      return;
    }
    owner.output.error(error, owner.sequenceOfReply);
    this.end();
  }

  private end(): void {
    this.context.stats.counters.killedConnections++;
    this.owner.close();
  }

  private fail(error: ServerError): void {
    const { output, sequenceOfReply } = this.owner;
    this.leave(error);
    output.error(error, sequenceOfReply);
    this.owner.onCommandDone(true);
  }

  /** What SHOW WARNINGS shows behind it. @returns how many there are by an OK packet */
  private leave(error: ServerError | null, affectedRows = 0): number {
    const { diagnostics } = (this.owner.runner as StatementRunner).session;
    const isAsked = this.probe !== null;
    this.probe = null;
    if (isAsked) return diagnostics.onAskedKill(error, this.isMariadb ? this.before : 'none');
    if (error !== null) diagnostics.onOwnError(error);
    else diagnostics.onKilled(this.isMariadb, affectedRows);
    return 0;
  }

  private get username(): string {
    return (this.owner.user as UserConfig).username;
  }

  private get isMariadb(): boolean {
    return this.context.identity.flavour === 'mariadb';
  }
}

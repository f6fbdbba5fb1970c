import { weirError } from '../base/errors.js';
import type { HostgroupId } from '../base/ids.js';
import type { UserConfig } from '../config/snapshot.js';
import type { Transport } from '../net/transport.js';
import type { Hostgroup } from '../pool/hostgroup.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import type { Route, RouteFacts } from '../route/route.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import { Definitions, Effect, type Hint, type Verdict } from '../sql/verdict.js';
import type { ClientOutput } from './client-output.js';
import type { SessionContext } from './context.js';
import { Pin } from './pins.js';
import { asksForOwnDefinitions, mayReadBeside } from './reads-elsewhere.js';
import { setsWhatFollows } from './state-tracking.js';
import type { StatementRunner } from './statement-runner.js';

/** Within a READ ONLY transaction on a reader: what follows the session from there. */
const FOLLOWS_FROM_READER = Effect.setsVariables | Effect.setsNames | Effect.changesSchema;
/** The hostgroup of statements that no server saw. */
export const WEIR_ITSELF = -1;

/** Whose commands they are. */
export interface RoutingOwner {
  /** Both are there when commands come. */
  readonly user: UserConfig | null;
  readonly runner: StatementRunner | null;
  readonly clientHost: string;
  readonly transport: Transport;
  readonly output: ClientOutput;
  readonly statusFlags: number;
  readonly sequenceOfReply: number;
  onCommandDone(failed: boolean): void;
}

/** Decides where the command that has begun goes, and hands it to the runner. */
export class CommandRouting {
  private facts: RouteFacts | null = null;
  /** Of the command under way; null: it has none, and goes where the user's statements go by default. */
  private route: Route | null = null;
  private multiplexed = true;

  constructor(
    private readonly context: SessionContext,
    private readonly owner: RoutingOwner,
  ) {}

  /** What rules look at has changed: user, schema, or the configuration. */
  refreshFacts(): void {
    const { context, owner } = this;
    const user = owner.user as UserConfig;
    const runner = owner.runner as StatementRunner;
    const { multiplexing, queryDigestsTrackHostname } = context.snapshot.variables;
    this.multiplexed = multiplexing;
    const { schema } = runner.session.state;
    runner.records.scope = context.stats.digests.scope(schema, user.username, queryDigestsTrackHostname ? owner.clientHost : '');
    this.facts = context.facts.get({
      username: user.username,
      schema,
      defaultHostgroup: user.defaultHostgroup,
      clientAddress: owner.clientHost,
      proxyAddress: owner.transport.localAddress.replace(/^::ffff:/, ''),
      proxyPort: owner.transport.localPort,
    });
  }

  /** `text` is called within this call only, for rules that look at it. */
  execute(entry: DigestEntry, hint: Hint | null, text: () => string): void {
    const { context } = this;
    const runner = this.owner.runner as StatementRunner;
    const { command } = runner;
    const { verdict } = entry;
    const { stats } = context;
    stats.counters.questions++;
    const route = context.router.route(entry, this.facts as RouteFacts, hint, text);
    this.route = route;
    if (route.matchedRules.length > 0) stats.rulesMatched(route.matchedRules);
    if ((route.errorMessage !== null || route.okMessage !== null) && this.answersByRule(entry, route)) return;
    if (route.guarded) this.onGuarded(entry);
    command.entry = entry;
    command.effects = verdict.effects;
    command.readOnly = verdict.readOnly && !verdict.primaryOnly && runner.session.autocommit;
    if ((verdict.effects & Effect.sqlPrepare) !== 0) runner.session.resolveExecute();
    if (verdict.definitions === Definitions.changes) runner.session.changedDefinitions = true;
    command.keepsConnection = !this.multiplexed || route.multiplex === 0;
    if (runner.connections.held === null) this.chooseGroup();
    else if (this.mustLeaveReader(verdict)) {
      const writer = this.groupFor((this.owner.user as UserConfig).defaultHostgroup);
      if (runner.session.inTransaction) {
        runner.moveToWriter(writer);
        return;
      }
      runner.leaveReader(writer);
      return;
    } else if (this.mayLeaveHeld(command.readOnly, route.hostgroup)) this.chooseGroup();
    else if (context.snapshot.variables.pinnedReadsOnReaders && mayReadBeside(runner, route)) this.chooseReader();
    else command.readOnly = command.readOnly && !runner.session.inTransaction && runner.session.pins === Pin.none;
    runner.start();
  }

  /** A command without SQL: to the connection that the session keeps, or to the user's own hostgroup. */
  executeByDefault(): void {
    const runner = this.owner.runner as StatementRunner;
    this.context.stats.counters.questions++;
    this.route = null;
    if (runner.connections.held === null) runner.command.group = this.groupFor((this.owner.user as UserConfig).defaultHostgroup);
    runner.start();
  }

  /** The schema of a login. Any server of the user's pair knows it: a client that comes while the writer is away may read. */
  executeFirst(): void {
    const { context, owner } = this;
    const { command } = owner.runner as StatementRunner;
    const { defaultHostgroup } = owner.user as UserConfig;
    this.route = null;
    command.fallback = context.snapshot.replicationHostgroups.find(({ writer }) => writer === defaultHostgroup)?.reader ?? null;
    command.group = this.groupOrFallback(defaultHostgroup, command.fallback);
    (owner.runner as StatementRunner).start();
  }

  /** Fills `group` and `fallback` of the command that has begun. */
  chooseGroup(): void {
    const { command, session } = this.owner.runner as StatementRunner;
    const { route } = this;
    if (route === null) {
      command.group = this.groupFor((this.owner.user as UserConfig).defaultHostgroup);
      return;
    }
    // Without autocommit a read begins a transaction; a cursor stays with the session, whose next write must find it there.
    const stays = !session.autocommit || command.wantsCursor || session.lacksRoles || this.asksWriter(route);
    const hostgroup = route.isReader && stays ? route.writerHostgroup : route.hostgroup;
    if (hostgroup !== route.writerHostgroup && route.isReader && this.context.snapshot.variables.readerFallbackToWriter) {
      command.fallback = route.writerHostgroup as HostgroupId;
    }
    command.group = this.groupOrFallback(hostgroup, command.fallback);
  }

  /** Older definitions are better than none while there is no writer. */
  private asksWriter(route: Route): boolean {
    const { command, session } = this.owner.runner as StatementRunner;
    const asks = asksForOwnDefinitions(session, command, route) || this.readsSetGlobals(route);
    return asks && this.groupFor(route.writerHostgroup).hasOnline;
  }

  private readsSetGlobals({ isReader, reason }: Route): boolean {
    const { entry } = (this.owner.runner as StatementRunner).command;
    return isReader && reason !== 'hint' && entry !== null && this.context.globalSettings.areReadBy(entry);
  }

  /** For a read beside the kept connection; where no reader is online, the kept one serves it. */
  private chooseReader(): void {
    const { command } = this.owner.runner as StatementRunner;
    this.chooseGroup();
    if (command.group?.id !== this.route?.hostgroup) command.group = null;
  }

  /** `error_msg` and `OK_msg` of the rules. */
  private answersByRule(entry: DigestEntry, route: Route): boolean {
    const { output, runner, sequenceOfReply, statusFlags } = this.owner;
    const { command, records, session } = runner as StatementRunner;
    // Only the server can say what a statement prepared would need; its execution is answered.
    const isPrepare = command.replyKind === ReplyKind.prepare;
    if (route.errorMessage === null && isPrepare) return false;
    if (!isPrepare) records.answeredHere(entry, WEIR_ITSELF);
    if (route.errorMessage !== null) {
      const error = weirError('ruleRefused', { message: route.errorMessage });
      session.diagnostics.onOwnError(error);
      output.error(error, sequenceOfReply);
    } else output.reply({ type: 'ok', statusFlags, info: route.okMessage ?? '' }, sequenceOfReply);
    this.owner.onCommandDone(route.errorMessage !== null);
    return true;
  }

  /** `transaction_persistent` = 0: a read may leave an open transaction, as in ProxySQL; never while something else is pinned. */
  private mayLeaveHeld(readOnly: boolean, hostgroup: number): boolean {
    const runner = this.owner.runner as StatementRunner;
    if ((this.owner.user as UserConfig).transactionPersistent || !readOnly || runner.session.pins !== Pin.none) return false;
    return runner.connections.held?.hostgroupId !== hostgroup;
  }

  private groupOrFallback(hostgroup: number, fallback: HostgroupId | null): Hostgroup {
    const group = this.groupFor(hostgroup);
    if (fallback === null || group.hasOnline) return group;
    this.context.stats.counters.readerFallbacks++;
    return this.groupFor(fallback);
  }

  private groupFor(hostgroup: number): Hostgroup {
    return this.context.pool.hostgroup(hostgroup as HostgroupId);
  }

  private onGuarded(entry: DigestEntry): void {
    const { guardedDigests, log, stats } = this.context;
    stats.counters.writerGuarded++;
    if (guardedDigests.has(entry)) return;
    guardedDigests.add(entry);
    const [reason] = entry.verdict.reasons;
    log.warn(
      { digest: entry.digest, reason: reason?.code },
      'a rule or hint names a reader for a statement that is not proven to only read: it goes to the writer',
    );
  }

  /** The session keeps a connection to a reader (READ ONLY transaction, multiplexing off), and now comes a statement that only the primary may have. */
  private mustLeaveReader(verdict: Verdict): boolean {
    if (verdict.readOnly && !verdict.primaryOnly) return false;
    const { connections, session } = this.owner.runner as StatementRunner;
    const { held } = connections;
    const { replicationHostgroups } = this.context.snapshot;
    if (!replicationHostgroups.some((pair) => pair.reader === held?.hostgroupId)) return false;
    // Of several statements, another one than COMMIT and its kind is not proven to read.
    if ((verdict.effects & Effect.multiple) !== 0 || !session.inTransaction) return true;
    return !this.staysOnReader(verdict);
  }

  /** It ends the transaction, or leaves nothing there that the session would lack at the writer, should the transaction move. */
  private staysOnReader({ command: name, effects }: Verdict): boolean {
    if ((effects & Effect.endsTransaction) !== 0) return true;
    // A savepoint would be missing where the transaction goes on; without one, there is none to go back to.
    if (name.endsWith('_SAVEPOINT')) return true;
    const { command } = this.owner.runner as StatementRunner;
    return effects !== Effect.none && (effects & ~FOLLOWS_FROM_READER) === 0 && setsWhatFollows(command);
  }
}

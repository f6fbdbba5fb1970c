import type { WholeReply } from '../backend/login/reply-rows.js';
import type { ServerKey } from '../base/ids.js';
import type { GlobalChange } from '../config/global-change.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { assignedGlobalVariables } from '../sql/global-assignments.js';
import { Definitions, Effect } from '../sql/verdict.js';
import { type Command, ReplyUse } from './command.js';
import type { SessionContext } from './context.js';
import { changesOf, namesToAsk, textsAfter, textsBefore } from './global-values.js';
import type { SideConnection } from './side-connection.js';

/**
 * A SET GLOBAL under way: the values are read in front of it and behind it, on a connection of its own. Its OK waits until the new ones are known to
 * all workers: a client that has it may log in anew. So does the OK of a GRANT and its kind; an account's privileges are what they were when a
 * connection logged in, or chose its schema (MySQL manual, "When Privilege Changes Take Effect").
 */
export class GlobalAssignment {
  /** Where the values were read. */
  private asked: PooledConnection | null = null;
  private side: SideConnection | null = null;
  private names: readonly string[] = [];
  /** GRANT and its kind. */
  private changesAccounts = false;
  /** What it assigns could not be read. */
  private isUnknown = false;
  private before: readonly WholeReply[] | null = null;

  constructor(
    private readonly context: Pick<SessionContext, 'openSide' | 'globalSettings' | 'pool'>,
    private readonly command: Command,
  ) {}

  /** Whether `begin` comes before the command is sent. */
  comesFirst(connection: PooledConnection): boolean {
    const { effects, replyKind } = this.command;
    return (effects & Effect.changesNewSessions) !== 0 && replyKind !== ReplyKind.prepare && this.asked !== connection;
  }

  /** `then` is called once, later. */
  begin(connection: PooledConnection, then: () => void): void {
    const { command, context } = this;
    this.reset();
    this.asked = connection;
    // Of several replies each comes as it is.
    if ((command.effects & Effect.multiple) === 0) command.replyUse = ReplyUse.holdBack;
    this.changesAccounts = command.entry?.verdict.definitions === Definitions.changes;
    const isSet = command.text !== null && !this.changesAccounts;
    const assigned = isSet ? assignedGlobalVariables(command.text as Buffer, command.lexMode) : null;
    this.isUnknown = assigned === null;
    this.names = namesToAsk(assigned ?? []);
    if (this.names.length === 0) {
      setImmediate(then);
      return;
    }
    context.openSide(connection.server, connection.identity, (side) => {
      if (this.asked !== connection) {
        side?.end();
        return;
      }
      this.isUnknown = side === null;
      if (side === null) {
        then();
        return;
      }
      this.side = side;
      side.ask(textsBefore(this.names), (replies) => {
        this.before = replies;
        this.isUnknown = replies === null;
        then();
      });
    });
  }

  get isUnderWay(): boolean {
    return this.asked !== null;
  }

  /** The command has been answered; `then` is called when new sessions see what it has changed. */
  follow(failed: boolean, then: () => void): void {
    const { asked, before, command, isUnknown, names, side } = this;
    const server = (asked as PooledConnection).server.key;
    const unknown = this.unknownChanges(server);
    const hasFailed = failed && (command.effects & Effect.multiple) === 0;
    this.asked = null;
    const { globalSettings } = this.context;
    const change = (changes: readonly GlobalChange[]): void => {
      this.reset();
      globalSettings.change(changes, then);
    };
    if (side === null || before === null) change(hasFailed || !isUnknown ? [] : unknown);
    else side.ask(textsAfter(names), (after) => change(after === null ? unknown : changesOf(server, names, before, after)));
  }

  /** Nobody waits for it any more: the server may have executed it. */
  abandon(): void {
    const { asked } = this;
    const unknown = asked === null ? [] : this.unknownChanges(asked.server.key);
    this.reset();
    if (asked !== null) this.context.globalSettings.change(unknown, () => {});
  }

  /** Accounts are those of all servers that replicate them. */
  private unknownChanges(server: ServerKey): readonly GlobalChange[] {
    if (!this.changesAccounts) return [unknownChange(server)];
    return [...this.context.pool.allServers].map(({ key }) => unknownChange(key));
  }

  private reset(): void {
    this.side?.end();
    this.asked = this.side = this.before = null;
  }
}

const unknownChange = (server: ServerKey): GlobalChange => ({ server, name: '', isOfSessions: true, before: null, after: null });

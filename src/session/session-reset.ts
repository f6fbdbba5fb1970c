import type { SessionState } from '../backend/connection-state.js';
import type { BackendCredentials, BackendIdentity } from '../backend/identity.js';
import type { UserConfig } from '../config/snapshot.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import type { PacketAssembler } from '../protocol/wire/framing.js';
import type { ClientEntry } from './client-entry.js';
import type { ClientOutput } from './client-output.js';
import type { SessionContext } from './context.js';
import { Phase } from './phase.js';
import type { PreparedCommands } from './prepared-commands.js';
import { withRolesOf } from './roles.js';
import { stateAfterChangeUser, stateAfterReset } from './session-bases.js';
import type { StatementRunner } from './statement-runner.js';

/** Whose session begins again. */
export interface ResetOwner {
  phase: Phase;
  readonly assembler: PacketAssembler;
  readonly output: ClientOutput;
  readonly entry: ClientEntry;
  readonly prepared: PreparedCommands;
  /** There is one when commands come. */
  readonly runner: StatementRunner | null;
  readonly mariadbCapabilities: number;
  /** Whom the session is to servers from now on. */
  identify(username: string, credentials: BackendCredentials, collation: number): BackendIdentity;
  onStateChanged(): void;
  onCommandDone(failed: boolean): void;
}

/** COM_RESET_CONNECTION and COM_CHANGE_USER: the session begins again, and the server connection that it kept is cleaned for others. */
export class SessionReset {
  /** Who a COM_CHANGE_USER comes from, until it has succeeded. */
  private before: { readonly user: UserConfig; readonly identity: BackendIdentity; readonly state: SessionState } | null = null;

  constructor(
    private readonly context: SessionContext,
    private readonly owner: ResetOwner,
  ) {}

  /** Answered when the locks of the session are gone, as by a server. */
  resetConnection(): void {
    const { context, owner } = this;
    const { command, connections, session } = owner.runner as StatementRunner;
    const before = session.state;
    this.clear();
    const state = stateAfterReset(context, connections.identity, before.schema, owner.entry.user);
    session.begin(withRolesOf(before, state, context.states));
    owner.onStateChanged();
    owner.phase = Phase.running;
    command.begin(ReplyKind.simple, context.nowMs(), owner.assembler.sequence);
    connections.whenClean(() => {
      if (owner.phase === Phase.closed) return;
      owner.output.reply({ type: 'ok', statusFlags: session.firstFlags }, 1);
      owner.onCommandDone(false);
    });
  }

  changeUser(): void {
    const { output, entry, mariadbCapabilities, runner } = this.owner;
    const { connections, session } = runner as StatementRunner;
    this.before = { user: entry.user as UserConfig, identity: connections.identity, state: session.state };
    this.clear();
    this.owner.phase = Phase.changingUser;
    entry.changeUser({ capabilities: output.capabilities, mariadbCapabilities });
  }

  /** The password is proven: goes on once the session has no locks any more. */
  whenClean(identity: BackendIdentity, then: () => void): void {
    const { context, owner } = this;
    const { connections, session } = owner.runner as StatementRunner;
    const state = stateAfterChangeUser(context, identity, '', owner.entry.user);
    // MariaDB leaves them, even those that another user has not got; MySQL sets those of the login.
    const { before } = this;
    const keepsRoles = context.identity.flavour === 'mariadb' && before?.identity.username === identity.username;
    session.begin(keepsRoles ? withRolesOf(before.state, state, context.states) : state);
    owner.onStateChanged();
    connections.whenClean(() => {
      if (owner.phase !== Phase.closed) then();
    });
  }

  /** The client has been told that it is another user now. */
  changed(): void {
    this.before = null;
  }

  /**
   * A COM_CHANGE_USER was refused: a MariaDB server goes on with the user and the schema from before, and with the new character set.
   * @returns false when that is the end of the session, as with MySQL; `tell` is not called then
   */
  outlivesRefusal(tell: () => void): boolean {
    const { before, context, owner } = this;
    if (before === null || context.identity.flavour !== 'mariadb') return false;
    this.before = null;
    const collation = owner.entry.takeBack(before.user);
    const identity = owner.identify(before.identity.username, before.identity.credentials, collation);
    const { command, connections, session } = owner.runner as StatementRunner;
    const state = stateAfterChangeUser(context, identity, before.state.schema, before.user);
    session.begin(withRolesOf(before.state, state, context.states));
    owner.onStateChanged();
    owner.phase = Phase.running;
    command.begin(ReplyKind.simple, context.nowMs(), 0);
    connections.whenClean(() => {
      if (owner.phase === Phase.closed) return;
      tell();
      owner.onCommandDone(true);
    });
    return true;
  }

  private clear(): void {
    const { output, prepared, runner } = this.owner;
    output.choosesVariables = output.choosesChanges = false;
    runner?.clear();
    prepared.clear();
  }
}

import { Command as Com } from '../protocol/constants.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { encodePacket } from '../protocol/wire/writer.js';
import { Effect } from '../sql/verdict.js';
import type { ClientOutput } from './client-output.js';
import { ReplyUse } from './command.js';
import type { CommandRouting } from './command-routing.js';
import type { SessionContext } from './context.js';
import type { LoginResult } from './login/login-types.js';
import { Phase } from './phase.js';
import type { SessionReset } from './session-reset.js';
import type { StatementRunner } from './statement-runner.js';

/** Who logs in with a schema. */
export interface SchemaOwner {
  phase: Phase;
  readonly output: ClientOutput;
  readonly routing: CommandRouting;
  /** There is one from the proof of the password on. */
  readonly runner: StatementRunner | null;
  onStateChanged(): void;
  /** The client is told that it has logged in. */
  completeLogin(sequence: number): void;
  readonly resets: SessionReset;
  close(): void;
}

/** The schema that a client names at login. Whether it exists and this user may use it is the server's to say. */
export class FirstSchema {
  /** The login that ends with it. */
  private login: LoginResult | null = null;

  constructor(
    private readonly context: SessionContext,
    private readonly owner: SchemaOwner,
  ) {}

  get isWanted(): boolean {
    return this.login !== null;
  }

  /** Of the packet that ends the login; null when no login waits. */
  get sequence(): number | null {
    return this.login === null ? null : this.login.sequence;
  }

  select(login: LoginResult): void {
    const { owner } = this;
    this.login = login;
    owner.phase = Phase.running;
    const runner = owner.runner as StatementRunner;
    const { command } = runner;
    // Wanted from the start: any connection may be leased, whatever schema it is in.
    runner.session.state = this.context.states.withSchema(runner.session.state, login.schema);
    owner.onStateChanged();
    command.begin(ReplyKind.simple, this.context.nowMs(), 0);
    command.replyUse = ReplyUse.login;
    command.readOnly = true;
    command.effects = Effect.changesSchema;
    command.bytes = encodePacket(0, Buffer.concat([Buffer.from([Com.initDb]), Buffer.from(login.schema)]));
    owner.routing.executeFirst();
  }

  /** The server has answered. */
  finish(failed: boolean): void {
    const { owner } = this;
    const { sequence } = this.login as LoginResult;
    const { command, connections } = owner.runner as StatementRunner;
    this.login = null;
    // The session itself has run nothing yet.
    connections.last = null;
    if (!failed) {
      owner.completeLogin(sequence);
      return;
    }
    const { failure } = command;
    // The server's own refusal (1044, 1049), with the sequence number that the login has come to.
    const tell = (): void => {
      if (failure === null) return;
      failure[3] = sequence;
      owner.output.send(Buffer.from(failure));
    };
    if (owner.resets.outlivesRefusal(tell)) return;
    tell();
    owner.close();
  }
}

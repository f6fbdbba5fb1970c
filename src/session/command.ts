import type { SessionState } from '../backend/connection-state.js';
import type { PreparedOnServer } from '../backend/server-statements.js';
import type { HostgroupId } from '../base/ids.js';
import type { Hostgroup } from '../pool/hostgroup.js';
import type { ServerPool } from '../pool/server-pool.js';
import type { ReplyKind } from '../protocol/reply-tracker.js';
import { ReplyKind as Kind } from '../protocol/reply-tracker.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import { Effect, type Effects, type LexModes } from '../sql/verdict.js';
import type { ShownAnswer } from './captured-answer.js';
import type { ClientStatement } from './prepared-statements.js';
import { Answer } from './server-answers.js';
import type { StatementForm } from './statement-form.js';

/** What is done with the reply of the command under way. */
export const ReplyUse = {
  /** To the client. */
  forward: 0,
  /** Dropped: the client gets `Command.failure` instead. */
  swallow: 1,
  /** Looked at by the session itself: the schema of a login. */
  login: 2,
  /** To the client, with the warnings of its own last statement: servers count those of the connection's. */
  recount: 3,
  /** Into `Command.shown`, which is for the client once it is whole. */
  fillIn: 4,
  /** To `Command.taker`, which answers the client. */
  answer: 5,
  /** To the client, once all sessions know what it has changed. */
  holdBack: 6,
} as const;
export type ReplyUse = (typeof ReplyUse)[keyof typeof ReplyUse];

/** Makes the client's answer of the server's. */
export interface AnswerTaker {
  /** The reply, of one packet, once the connection is given back or kept. */
  takeAnswer(packet: Buffer): void;
}

/**
 * The command that a session executes now. One object a session, filled again for each command: nothing is allocated for
 * a statement that runs at once.
 */
export class Command {
  replyKind: ReplyKind = Kind.query;
  replyUse: ReplyUse = ReplyUse.forward;
  effects: Effects = Effect.none;
  /** Proven read-only: may be sent again when its server is lost before the first byte of the reply. */
  readOnly = false;
  entry: DigestEntry | null = null;
  /** Of COM_STMT_EXECUTE, FETCH, RESET and PREPARE. */
  statement: ClientStatement | null = null;
  /** What that is on the server that executes, and what it was before this execution bound its types. */
  form: StatementForm | null = null;
  formBefore: StatementForm | null = null;
  /** What it was before is taken over on the connection that executed it last, and nowhere else. */
  takesAtHomeOnly = false;
  /** What it is prepared under where it is not known yet. */
  preparedUnder: SessionState | null = null;
  /** It was prepared in another schema than the session's: a server goes there and back. */
  switchesSchema = false;
  /** The schema that its connection has to stand in although the session's is another; null: that of the session. */
  ownSchema: string | null = null;
  /** The session's schema could not be chosen: it runs in none. Only while `ownSchema` is ''. */
  lacksSchema = false;
  /** It as the connection that executes has prepared it. */
  prepared: PreparedOnServer | null = null;
  /** The packet has parameter types. */
  bindsTypes = false;
  /** What the server remembers of earlier executions may show in its result: better where they were. */
  prefersHome = false;
  /** Where it may run; null while it runs on the connection that the session keeps. */
  group: Hostgroup | null = null;
  /** The writer hostgroup that may serve a read while no reader does; null: nobody else may. */
  fallback: HostgroupId | null = null;
  /** rule.multiplex = 0, or multiplexing is off. */
  keepsConnection = false;
  startedMs = 0;
  /** Since when it counts against mysql-default_query_timeout: not while it waits for a connection. */
  runsSinceMs = 0;
  /** Sequence number of the command's last packet. */
  sequence = 0;
  /** The whole command as the client sent it, once it had to be kept; null while it is in the client's buffer only. */
  bytes: Buffer | null = null;
  /** Text and lexical rules of a SET, for what the tracker does not say. */
  text: Buffer | null = null;
  lexMode: LexModes = 0;
  /** Connections that were lost with it or turned it away. */
  losses = 0;
  /** How many of them were lost without a word after it had been sent. */
  repeats = 0;
  /** Their servers; null: none yet. */
  avoid: ServerPool[] | null = null;
  /** What the server's error under way says beyond itself, and its text. */
  answer: Answer = Answer.ordinary;
  answerText = '';
  /** When a server first refused it as read-only, monotonic ms; 0: none has. */
  refusedMs = 0;
  /** When KILL QUERY was sent because it took too long, ms of AwakeClock; 0: it was not. */
  killedMs = 0;
  /** Its reply is complete: what is still written to its connection is no part of it, and nor is a loss that this shows. */
  isAnswered = false;
  /** Of `ReplyUse.fillIn`. */
  shown: ShownAnswer | null = null;
  /** Of `ReplyUse.answer`. */
  taker: AnswerTaker | null = null;
  /** ERR packet for the client when the reply is swallowed; the reply that its taker gets. */
  failure: Buffer | null = null;
  /** System variables that the server reported as changed by it, in lower case; null: none. */
  reported: Set<string> | null = null;
  /** An execution opened a cursor. */
  wantsCursor = false;
  /** How often room was made on the server for the statement that it prepares. */
  roomsMade = 0;
  /** It belongs into a READ ONLY transaction that is begun again on whichever connection it gets. */
  movesTransaction = false;
  /** START TRANSACTION READ ONLY is still to be sent there. */
  beginsReadOnly = false;
  /** It asks for diagnostics, and the session has run nothing that left any. */
  asksBeforeAny = false;
  /** It asks for diagnostics, and has what it needs of them with it. */
  runsAnywhere = false;
  /** What others left on the connection is still to be cleared. */
  clearsDiagnostics = false;

  /** It is sent again: what has come of its reply does not count. */
  forgetReply(): void {
    if (this.replyUse === ReplyUse.swallow) this.replyUse = ReplyUse.forward;
    if (this.replyUse === ReplyUse.fillIn) this.shown?.beginAgain();
    this.failure = null;
  }

  begin(replyKind: ReplyKind, startedMs: number, sequence: number): void {
    this.replyKind = replyKind;
    this.replyUse = ReplyUse.forward;
    this.effects = Effect.none;
    this.readOnly = false;
    this.entry = null;
    this.statement = null;
    this.takesAtHomeOnly = false;
    this.switchesSchema = false;
    this.ownSchema = null;
    this.lacksSchema = false;
    this.prepared = null;
    this.prefersHome = false;
    this.group = null;
    this.fallback = null;
    this.keepsConnection = false;
    this.startedMs = startedMs;
    this.runsSinceMs = startedMs;
    this.sequence = sequence;
    this.bytes = null;
    this.text = null;
    this.losses = 0;
    this.repeats = 0;
    this.avoid = null;
    this.answer = Answer.ordinary;
    this.refusedMs = 0;
    this.killedMs = 0;
    this.failure = null;
    this.reported = null;
    this.wantsCursor = false;
    this.roomsMade = 0;
    this.movesTransaction = false;
    this.beginsReadOnly = false;
    this.asksBeforeAny = false;
    this.runsAnywhere = false;
    this.clearsDiagnostics = false;
  }
}

import type { PooledConnection } from '../pool/pooled-connection.js';
import { readErr } from '../protocol/packets/err.js';
import { ReplyKind, type ReplyTracker } from '../protocol/reply-tracker.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import type { DigestScope } from '../stats/digest-stats.js';
import { type ErrorPlace, NO_PLACE } from '../stats/error-stats.js';
import { latencyBucket } from '../stats/latency.js';
import type { ClientSide } from './client-side.js';
import type { Command } from './command.js';
import type { SessionContext } from './context.js';

/** What is counted of the statements of one session. */
export class StatementRecords {
  /** When the last reply was complete, monotonic ms: the clock is read once a reply. */
  endedMs = 0;

  constructor(
    private readonly context: SessionContext,
    private readonly client: ClientSide,
    private readonly command: Command,
    /** Whom statements are counted for. */
    public scope: DigestScope,
  ) {}

  /** A server's reply is complete; `endedMs` is set. */
  replied(connection: PooledConnection, tracker: ReplyTracker): void {
    const counters = connection.member?.counters;
    if (counters === undefined) return;
    const { entry, replyKind, startedMs } = this.command;
    const latencyUs = (this.endedMs - startedMs) * 1000;
    const bucket = latencyBucket(latencyUs);
    counters.queryEnded(latencyUs, bucket);
    counters.bytesReceived += tracker.bytes;
    counters.bytesSent += connection.bytesSent;
    connection.bytesSent = 0;
    const isStatement = replyKind === ReplyKind.query || replyKind === ReplyKind.execute;
    if (entry === null || !isStatement) return;
    const affected = typeof tracker.affectedRows === 'number' ? tracker.affectedRows : Number(tracker.affectedRows);
    this.count(entry, connection.hostgroupId, latencyUs, bucket, affected, tracker.rows);
  }

  /** One statement of the client ended; `endedMs` is set. */
  private count(entry: DigestEntry, hostgroup: number, latencyUs: number, bucket: number, affected: number, rows: number): void {
    const { stats, snapshot } = this.context;
    if (latencyUs > snapshot.variables.longQueryTimeUs) stats.counters.slowQueries++;
    stats.digests.record(entry, this.scope, hostgroup, latencyUs, bucket, affected, rows, this.endedMs);
  }

  /** weir answers the statement itself: a rule refused it, KILL, or no server could be had. */
  answeredHere(entry: DigestEntry | null, hostgroup: number): void {
    if (entry === null) return;
    this.endedMs = this.context.nowMs();
    const latencyUs = (this.endedMs - this.command.startedMs) * 1000;
    this.count(entry, hostgroup, latencyUs, latencyBucket(latencyUs), 0, 0);
  }

  /** The tracker stands at an ERR packet of a server. */
  serverError(connection: PooledConnection, tracker: ReplyTracker): void {
    const { message } = readErr(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
    const { hostname, port } = connection.server;
    this.error({ hostgroup: connection.hostgroupId, hostname, port }, tracker.errno, message);
  }

  /** weir answers an error of its own. */
  ownError(hostgroup: number, errno: number, message: string): void {
    this.context.stats.counters.generatedErrorPackets++;
    this.error({ ...NO_PLACE, hostgroup }, errno, message);
  }

  private error(place: ErrorPlace, errno: number, message: string): void {
    const { stats } = this.context;
    stats.errorAnswered(errno);
    stats.errorKinds.record(place, this.scope, this.client.clientHost, errno, message, epochSeconds());
  }
}

/** Wall clock: only for moments that are shown. */
const epochSeconds = (): number => Math.floor(Date.now() / 1000);

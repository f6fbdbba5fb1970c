import type { CommandCounters, CommandTable } from './command-counters.js';
import type { DigestDelta } from './digest-delta.js';

/** Who sent a statement, as far as digests are kept apart by it. Interned: compared by reference. */
export interface DigestScope {
  readonly schemaname: string;
  readonly username: string;
  readonly clientAddress: string;
}

/** What a digest entry of the sql room looks like from here. */
export interface DigestSource {
  readonly digest: string;
  readonly digestText: string;
  readonly verdict: { readonly command: string };
  /** Room for what this file keeps of the digest; null at the start. */
  stats: unknown;
}

/** Scopes and records that are kept apart for one digest; beyond that they are made anew when they are needed. */
const MAX_RECORDS_OF_DIGEST = 256;
/** Above this many the table of scopes starts again. */
const MAX_SCOPES = 20_000;

/** One row of stats_mysql_query_digest as one worker counts it since it was last drained. Times in µs, moments in monotonic ms. */
export class DigestRecord {
  count = 0;
  sumUs = 0;
  minUs = 0;
  maxUs = 0;
  rowsAffected = 0;
  rowsSent = 0;
  firstMs = 0;
  lastMs = 0;

  constructor(
    readonly hostgroup: number,
    readonly scope: DigestScope,
    readonly digest: string,
    readonly digestText: string,
    readonly command: CommandCounters,
    /** The same digest and scope in another hostgroup. */
    readonly next: DigestRecord | null,
  ) {}
}

/** What is kept at a digest entry: the record used last, and all of them. */
interface Slot {
  recent: DigestRecord;
  readonly byScope: Map<DigestScope, DigestRecord>;
}

/**
 * Digests of one worker. Counts are handed over and start again at each drain, so that the worker keeps only what is new; the
 * control process has the sums.
 */
export class DigestStats {
  /** Records with something counted, in the order in which they were first used. */
  #dirty: DigestRecord[] = [];
  #scopes = new Map<string, DigestScope>();
  /** Statements that were not counted because the control process has not come for `maxRecords` others. */
  forgotten = 0;
  /** mysql-query_digests. */
  digestsEnabled = true;
  /** mysql-commands_stats. */
  commandsEnabled = true;

  /** @param maxRecords kept at most between two drains; a getter, since mysql-query_digests_max_entries may change */
  constructor(
    private readonly commands: CommandTable,
    private readonly maxRecords: () => number,
  ) {}

  scope(schemaname: string, username: string, clientAddress: string): DigestScope {
    const key = `${schemaname}\0${username}\0${clientAddress}`;
    const known = this.#scopes.get(key);
    if (known !== undefined) return known;
    if (this.#scopes.size >= MAX_SCOPES) this.#scopes = new Map();
    const scope = { schemaname, username, clientAddress };
    this.#scopes.set(key, scope);
    return scope;
  }

  /** One statement ended. `bucket` is `latencyBucket(latencyUs)`, `nowMs` the monotonic clock. */
  record(
    source: DigestSource,
    scope: DigestScope,
    hostgroup: number,
    latencyUs: number,
    bucket: number,
    rowsAffected: number,
    rowsSent: number,
    nowMs: number,
  ): void {
    const slot = source.stats as Slot | null;
    const recent = slot === null ? null : slot.recent;
    const record =
      recent !== null && recent.scope === scope && recent.hostgroup === hostgroup ? recent : this.#find(source, slot, scope, hostgroup);
    if (this.commandsEnabled) {
      const { command } = record;
      command.count++;
      command.totalUs += latencyUs;
      command.buckets[bucket]++;
    }
    if (!this.digestsEnabled) return;
    if (record.count === 0 && !this.#begin(record, latencyUs, nowMs)) return;
    record.count++;
    record.sumUs += latencyUs;
    if (latencyUs < record.minUs) record.minUs = latencyUs;
    if (latencyUs > record.maxUs) record.maxUs = latencyUs;
    record.rowsAffected += rowsAffected;
    record.rowsSent += rowsSent;
    record.lastMs = nowMs;
  }

  /** Records that wait to be drained. */
  get pending(): number {
    return this.#dirty.length;
  }

  /**
   * Hands over the counts of at most `limit` records, which start again at 0.
   * @param epochOffsetMs what makes moments of the monotonic clock moments since the epoch
   */
  drain(limit: number, epochOffsetMs: number): DigestDelta[] {
    return this.#dirty.splice(0, limit).map((record) => handOver(record, epochOffsetMs));
  }

  #begin(record: DigestRecord, latencyUs: number, nowMs: number): boolean {
    if (this.#dirty.length >= this.maxRecords()) {
      this.forgotten++;
      return false;
    }
    this.#dirty.push(record);
    record.minUs = latencyUs;
    record.maxUs = latencyUs;
    record.firstMs = nowMs;
    return true;
  }

  #find(source: DigestSource, slot: Slot | null, scope: DigestScope, hostgroup: number): DigestRecord {
    const chain = slot?.byScope.get(scope) ?? null;
    for (let record = chain; record !== null; record = record.next) {
      if (record.hostgroup !== hostgroup) continue;
      (slot as Slot).recent = record;
      return record;
    }
    const command = this.commands.get(source.verdict.command);
    const made = new DigestRecord(hostgroup, scope, source.digest, source.digestText, command, chain);
    if (slot === null || slot.byScope.size >= MAX_RECORDS_OF_DIGEST) source.stats = { recent: made, byScope: new Map([[scope, made]]) };
    else {
      slot.byScope.set(scope, made);
      slot.recent = made;
    }
    return made;
  }
}

function handOver(record: DigestRecord, epochOffsetMs: number): DigestDelta {
  const { hostgroup, scope, digest, digestText, count, rowsAffected, rowsSent } = record;
  const delta = {
    ...{ hostgroup, ...scope, digest, digestText, count, rowsAffected, rowsSent },
    firstSeen: Math.floor((record.firstMs + epochOffsetMs) / 1000),
    lastSeen: Math.floor((record.lastMs + epochOffsetMs) / 1000),
    sumUs: record.sumUs,
    minUs: record.minUs,
    maxUs: record.maxUs,
  };
  record.count = record.sumUs = record.minUs = record.maxUs = record.rowsAffected = record.rowsSent = 0;
  return delta;
}

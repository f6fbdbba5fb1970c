import type { ServerError } from '../base/errors.js';
import type { Transport } from '../net/transport.js';
import { Capability, has, SessionTrackType } from '../protocol/constants.js';
import { filterSessionTrack, rewriteOkWithoutSessionTrack, withSchemaEntry } from '../protocol/packets/ok.js';
import { type StatementReply, writeRefusal, writeStatementReply } from './replies.js';

/** System variables that servers report by default (session_track_system_variables). */
const DEFAULT_TRACKED: ReadonlySet<string> = new Set([
  'time_zone',
  'autocommit',
  'character_set_client',
  'character_set_results',
  'character_set_connection',
]);
/** What is sent instead of 2013 where that is no number for an ERR packet. */
const STANDS_FOR_2013 = 9101;
const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

/** Where the client can be written to at the moment: TLS replaces it. */
export interface Outlet {
  readonly transport: Transport;
}

/** What the client is told, in the form that it has agreed on. */
export class ClientOutput {
  /** Agreed on at login; unsigned 32 bits. */
  capabilities = 0;
  /** The client has said itself which variables it wants to be told of. */
  choosesVariables = false;
  /** The same of changes of state. */
  choosesChanges = false;
  private kept = NO_ATTRIBUTES;

  constructor(private readonly outlet: Outlet) {}

  /** Those connection attributes that matter after the login. */
  get attributes(): ReadonlyMap<string, string> {
    return this.kept;
  }

  /** Of the attributes, what a later COM_CHANGE_USER may ask for is kept: idle clients are many. */
  keepAttributes(attributes: ReadonlyMap<string, string>): void {
    const kept = [...attributes].filter(([name]) => name === '_client_name' || name === '_client_version');
    this.kept = kept.length === 0 ? NO_ATTRIBUTES : new Map(kept);
  }

  /** `bytes` are whole packets and are given away. */
  send(bytes: Buffer): void {
    this.outlet.transport.write(bytes, 0, bytes.length, null);
  }

  reply(reply: StatementReply, sequence: number): void {
    this.send(writeStatementReply(reply, sequence, this.capabilities));
  }

  error(error: ServerError, sequence: number): void {
    this.reply({ type: 'err', error: this.visibleError(error) }, sequence);
  }

  /** Instead of the greeting. */
  refusal(error: ServerError): void {
    this.send(writeRefusal(error));
  }

  /** MariaDB's Connector/C takes the numbers of client libraries in an ERR packet for a malformed one, and closes. */
  private visibleError(error: ServerError): ServerError {
    const isTaken = error.errno >= 2000 && error.errno <= 2999;
    if (!isTaken || this.kept.get('_client_name') !== 'libmariadb') return error;
    return { errno: STANDS_FOR_2013, sqlState: error.sqlState, message: error.message };
  }

  /** An OK packet with session state, as this client may see it. `schema`: to be told as well, as the session's; null: none. */
  visibleOk(packet: Uint8Array, start: number, end: number, schema: string | null): Uint8Array {
    if (!has(this.capabilities, Capability.sessionTrack)) return rewriteOkWithoutSessionTrack(packet, start, end);
    const visible = this.filtered(packet, start, end);
    return schema === null ? visible : withSchemaEntry(visible, schema);
  }

  private filtered(packet: Uint8Array, start: number, end: number): Buffer {
    return filterSessionTrack(packet, start, end, (type, name) => {
      if (type === SessionTrackType.systemVariables) return this.choosesVariables || DEFAULT_TRACKED.has(name ?? '');
      if (type === SessionTrackType.stateChange) return this.choosesChanges;
      // The rest weir does not ask for itself: what comes is what the server tells every client.
      return true;
    });
  }
}

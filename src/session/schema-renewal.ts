import { type Restore, restoreBetween } from '../backend/connection-state.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import type { SessionContext } from './context.js';
import { type RestoreCommands, restoreCommands } from './restore-packets.js';
import { RestoreReceiver } from './silent-replies.js';
import type { TrackedSession } from './tracked-session.js';

/** A server looks at the character set of a schema when it is chosen; on this connection another session may have done so, before it was changed. */
export class SchemaRenewal {
  /** Where the schema has been chosen again for the command, which waited for that. */
  private doneOn: PooledConnection | null = null;

  constructor(
    private readonly session: TrackedSession,
    private readonly context: Pick<SessionContext, 'states' | 'stats'>,
  ) {}

  /** Whether the schema has to be chosen anew in front of the command; asked again behind that, unless `isPipelined`. */
  isDue(connection: PooledConnection, isPipelined: boolean): boolean {
    const { schema } = this.session.wanted;
    if (schema === '' || this.session.hasOwnSchemaDefaults) return false;
    const isDone = this.doneOn === connection;
    this.doneOn = isDone || isPipelined ? null : connection;
    return !isDone && connection.state.schema === schema;
  }

  forget(): void {
    this.doneOn = null;
  }

  /**
   * On the connection that the session keeps: another session may have dropped the schema. A choice that fails changes nothing, and the way that
   * MariaDB needs would not lead back.
   */
  tryHeld(connection: PooledConnection, then: (isThere: boolean) => void, whenLost: (cause: Error | null) => void): void {
    const { states, stats } = this.context;
    const { baseNames, login, state } = connection;
    // From no schema to one there is a way.
    const restore = restoreBetween(states.withSchema(state, ''), state, baseNames) as Restore;
    const { bytes, replies } = restoreCommands(restore, null, login.capabilities, false) as RestoreCommands;
    stats.counters.comBackendInitDb++;
    this.session.diagnostics.onOwnStatement(connection);
    const receiver = new RestoreReceiver(replies.length, (error) => then(error === null), whenLost);
    for (const kind of replies) connection.expect(kind, receiver, 0);
    connection.send(bytes, 0, bytes.length, null);
  }
}

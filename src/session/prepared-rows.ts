import type { Pool } from '../pool/pool.js';
import type { PreparedStatementRow } from '../stats/details.js';
import type { ClientStatement } from './prepared-statements.js';
import type { SessionRegistry } from './registry.js';

/** Of a longer text the beginning is shown: rows go to another process. */
const SHOWN_BYTES = 16_384;

type Counted = { -readonly [Key in keyof PreparedStatementRow]: PreparedStatementRow[Key] };

/** The texts that the clients of this worker have prepared, each once a user, with what refers to it. */
export function preparedRows(registry: SessionRegistry, pool: Pool | null): PreparedStatementRow[] {
  const onServers = pool === null ? new Map<string, number>() : preparedOnServers(pool);
  const rows = new Map<string, Counted>();
  for (const session of registry.all()) {
    const username = session.user?.username ?? '';
    for (const statement of session.preparedStatements()) {
      const key = keyOf(username, statement.form.key);
      const known = rows.get(key);
      if (known === undefined) rows.set(key, rowOf(statement, username, onServers.get(key) ?? 0));
      else known.clientReferences++;
    }
  }
  return [...rows.values()];
}

const keyOf = (username: string, statementKey: string): string => `${username}\0${statementKey}`;

function rowOf(statement: ClientStatement, username: string, serverReferences: number): Counted {
  return {
    schemaname: statement.state.schema,
    username,
    digest: statement.entry.digest,
    query: statement.text.toString('utf8', 0, SHOWN_BYTES),
    clientReferences: 1,
    serverReferences,
    columns: statement.columns,
    parameters: statement.parameters,
  };
}

function preparedOnServers(pool: Pool): Map<string, number> {
  const counts = new Map<string, number>();
  for (const server of pool.allServers) {
    for (const connection of server.allConnections()) {
      for (const { key } of connection.prepared.identities()) {
        const full = keyOf(connection.identity.username, key);
        counts.set(full, (counts.get(full) ?? 0) + 1);
      }
    }
  }
  return counts;
}

import { logIn } from '../backend/login/server-login.js';
import type { Logger } from '../base/log.js';
import type { Transports } from '../net/transports.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import { PacketWriter } from '../protocol/wire/writer.js';

/** The statement is on its way; its answer is of no interest, the connection is closed after it. */
const LINGER_MS = 1_000;

/**
 * Sends KILL QUERY for what `connection` executes, on a connection of its own: the pool's may all be in use. That one
 * connection is outside max_connections for its short life. `onDone` is called once, when the server has answered or can not be asked.
 */
export function killOnServer(
  transports: Transports,
  connection: PooledConnection,
  timeoutMs: number,
  log: Logger,
  onDone: () => void,
): void {
  const { hostname, port, useSsl } = connection.server;
  const target = { hostname, port, useSsl, connectTimeoutMs: timeoutMs, ca: null, cert: null, key: null };
  logIn(
    transports,
    target,
    connection.identity,
    (login) => {
      const writer = new PacketWriter();
      // The server notices late that a connection is closed whose statement it executes: nobody else has its number.
      const what = connection.isClosed ? 'CONNECTION' : 'QUERY';
      writeComQuery(writer, `KILL ${what} ${connection.login.connectionId}`, login.capabilities);
      const bytes = writer.take();
      login.transport.sink = { onBytes: () => login.transport.end(), onDrain: () => {}, onClose: onDone };
      login.transport.write(bytes, 0, bytes.length, null);
      setTimeout(() => login.transport.destroy(), LINGER_MS).unref();
    },
    (failure) => {
      log.warn({ server: connection.server.key, problem: failure.error.message }, 'KILL could not be sent');
      onDone();
    },
  );
}

import { logIn } from '../backend/login/server-login.js';
import type { Logger } from '../base/log.js';
import { patientTimeout } from '../base/patient-timeout.js';
import type { Transports } from '../net/transports.js';
import { type LoginSettings, loginTargetOf } from '../pool/connector.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import { PacketWriter } from '../protocol/wire/writer.js';

/** How long the answer to a KILL is waited for: some take MariaDB 10.11 two seconds and more. */
const ANSWER_MS = 10_000;
/** Connections for KILL that are open at once: clients may go by the thousand. */
const MOST_AT_ONCE = 16;
/** Those that wait for one of them; what comes beyond is not killed. */
const MOST_WAITING = 2_000;

interface Wish {
  readonly connection: PooledConnection;
  readonly wanted: () => boolean;
  readonly onEnded: ((answered: boolean) => void) | undefined;
}

/** Ends what servers execute for a worker's sessions. */
export class ServerKills {
  private readonly waiting: Wish[] = [];
  private open = 0;
  private dropped = 0;

  constructor(
    private readonly transports: () => Transports,
    private readonly settings: () => LoginSettings,
    private readonly log: Logger,
  ) {}

  get underWay(): number {
    return this.open + this.waiting.length;
  }

  /**
   * Ends what `connection` executes, by KILL QUERY on a connection of its own: the pool's may all be in use. That one connection is
   * outside max_connections for its short life. Nothing is sent when it is not `wanted` any more once it is open. A connection that
   * was killed is not used by another session: the KILL may come late. `onEnded` is called once, never within this call.
   */
  kill(connection: PooledConnection, wanted: () => boolean, onEnded?: (answered: boolean) => void): void {
    connection.isBeyondReset = true;
    if (this.waiting.length >= MOST_WAITING) {
      if (this.dropped++ === 0)
        this.log.warn({ waiting: MOST_WAITING }, 'too many statements of clients that are gone: some run to their end');
      if (onEnded !== undefined) setImmediate(onEnded, false);
      return;
    }
    this.waiting.push({ connection, wanted, onEnded });
    this.next();
  }

  private next(): void {
    if (this.open >= MOST_AT_ONCE) return;
    const wish = this.waiting.shift();
    if (wish === undefined) return;
    this.open++;
    this.send(wish, (answered) => {
      this.open--;
      wish.onEnded?.(answered);
      this.next();
    });
  }

  private send({ connection, wanted }: Wish, onDone: (answered: boolean) => void): void {
    logIn(
      this.transports(),
      loginTargetOf(connection.server, this.settings()),
      connection.identity,
      (login) => {
        let answered = false;
        let cancelTimeout = (): void => {};
        const onBytes = (): void => {
          answered = true;
          login.transport.end();
        };
        const onClose = (): void => {
          cancelTimeout();
          onDone(answered);
        };
        login.transport.sink = { onBytes, onDrain: () => {}, onClose };
        if (!wanted()) {
          login.transport.end();
          return;
        }
        const writer = new PacketWriter();
        // The server notices late that a connection is closed whose statement it executes: nobody else has its number.
        const what = connection.isClosed ? 'CONNECTION' : 'QUERY';
        writeComQuery(writer, `KILL ${what} ${connection.login.connectionId}`, login.capabilities);
        const bytes = writer.take();
        login.transport.write(bytes, 0, bytes.length, null);
        cancelTimeout = patientTimeout(() => login.transport.destroy(), ANSWER_MS);
      },
      (failure) => {
        this.log.warn({ server: connection.server.key, problem: failure.error.message }, 'KILL could not be sent');
        onDone(false);
      },
    );
  }
}

import { type AcceptedClient, type AcceptingServer, accept } from '../net/accept.js';
import type { BoundListener } from '../net/listener.js';
import type { SecureContext } from '../net/transports.js';
import { AdminConnection, type AdminConnectionOptions, type AdminTransports } from './admin-connection.js';

export type AdminServerOptions = Pick<AdminConnectionOptions, 'version' | 'variables' | 'statements' | 'onFailure'> & {
  readonly transports: AdminTransports;
  /** The certificate as it is now, or null without TLS. */
  readonly tls: () => SecureContext | null;
};

/** More clients than this are refused: they are people and scripts. */
const MOST_CONNECTIONS = 1_000;

/** The admin port: accepts on all its addresses and keeps its connections. */
export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #servers: AcceptingServer[] = [];
  readonly #connections = new Set<AdminConnection>();
  #lastId = 0;

  constructor(options: AdminServerOptions) {
    this.#options = options;
  }

  get accepting(): boolean {
    return this.#servers.length > 0;
  }

  /** @throws ListenError */
  async listen(listener: BoundListener): Promise<void> {
    const { onFailure } = this.#options;
    const server = await accept(listener.handle, listener.address, {
      onClient: (client) => this.#onClient(client),
      onError: (code) => onFailure(new Error(`a client could not be accepted on ${listener.address}: ${code}`)),
    });
    this.#servers.push(server);
  }

  #onClient(client: AcceptedClient): void {
    if (this.#connections.size >= MOST_CONNECTIONS) {
      client.turnAway(null);
      return;
    }
    const { transports, tls, version, variables, statements, onFailure } = this.#options;
    const id = ++this.#lastId;
    const connection: AdminConnection = new AdminConnection(transports.forClient(client.open()), {
      ...{ id, version, variables, statements, onFailure, tls: tls() },
      onClose: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  close(): void {
    for (const server of this.#servers.splice(0)) server.close();
    for (const connection of this.#connections) connection.close();
  }
}

import type { DescriptorLimit } from '../base/descriptors.js';
import { type ErrorName, weirError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { LogLimit } from '../base/log-limit.js';
import type { AcceptedClient } from '../net/accept.js';
import type { Transports } from '../net/transports.js';
import type { GlobalCounters } from '../stats/global-counters.js';
import { ClientSession } from './client-session.js';
import type { SessionContext } from './context.js';
import type { LoginTurns } from './login/login-turns.js';
import type { SessionRegistry } from './registry.js';
import { writeRefusal } from './replies.js';

/** Clients that may wait here for their greeting, each with no more than its descriptor: some seconds of work. */
const LONGEST_QUEUE = 8_192;
const MINUTE_MS = 60_000;

export interface ReceptionParts {
  readonly registry: SessionRegistry;
  readonly loginTurns: LoginTurns;
  readonly descriptors: DescriptorLimit;
  readonly counters: GlobalCounters;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly transports: () => Transports;
  /** null before the first configuration. */
  readonly context: () => SessionContext | null;
}

/** Where new clients arrive: begins their sessions, a few a turn of the event loop, or tells them why not. */
export class Reception {
  /** PROXYSQL PAUSE. */
  paused = false;
  private readonly exhaustions: LogLimit;

  constructor(private readonly parts: ReceptionParts) {
    this.exhaustions = new LogLimit(1, MINUTE_MS, parts.nowMs);
  }

  onClient(client: AcceptedClient): void {
    const { descriptors, loginTurns, counters } = this.parts;
    if (client.descriptor >= descriptors.firstReserved) {
      this.onExhausted('EMFILE');
      turnAway(client, 'tooManyConnections');
    } else if (loginTurns.waiting >= LONGEST_QUEUE) {
      counters.accessDeniedMaxConnections++;
      turnAway(client, 'tooManyConnections');
    } else {
      loginTurns.arrived(() => this.begin(client));
    }
  }

  /** Of accepting: the client is gone already. */
  onAcceptError(code: string): void {
    if (code === 'EMFILE' || code === 'ENFILE') this.onExhausted(code);
    else this.parts.log.info({ code }, 'a client was gone before it could be accepted');
  }

  /** A client or a connection to a server found no descriptor, or none of another of the system's resources. */
  onExhausted(code: string): void {
    const { counters, log, descriptors } = this.parts;
    counters.descriptorsExhausted++;
    const leftOut = this.exhaustions.pass();
    if (leftOut === null) return;
    log.error(
      { code, openFilesLimit: descriptors.limit, times: leftOut + 1 },
      'out of file descriptors or another resource of the system: clients are refused with error 1040 and servers not connected to; raise ulimit -n or lower mysql-max_connections',
    );
  }

  private begin(client: AcceptedClient): void {
    const context = this.parts.context();
    if (context === null || this.paused || context.draining) {
      turnAway(client, 'serverShutdown');
      return;
    }
    const socket = client.open();
    try {
      const { registry, transports } = this.parts;
      const transport = transports().forClient(socket);
      const session = new ClientSession(context, registry.nextId(), transport, (ended) => registry.remove(ended));
      registry.add(session);
      session.start();
      transport.resume();
    } catch (error) {
      this.parts.log.warn({ problem: (error as Error).message }, 'a client was gone before it could be greeted');
      socket.destroy();
    }
  }
}

function turnAway(client: AcceptedClient, why: ErrorName & ('tooManyConnections' | 'serverShutdown')): void {
  client.turnAway(writeRefusal(weirError(why)));
}

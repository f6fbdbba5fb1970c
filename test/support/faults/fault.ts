import type { Tolerated } from '../checked-load/messages.js';
import type { FaultRelay } from '../fault-relay.js';
import type { RunningServer } from '../servers/index.js';

export type Role = 'replica' | 'primary';

/** A server and the relay that stands in front of it: what weir knows of the server is the relay's address. */
export interface Node {
  readonly server: RunningServer;
  readonly relay: FaultRelay;
}

/** What a fault may use besides the server that it befalls. */
export interface Scene {
  readonly primary: Node;
}

/** Something that goes wrong with one server and is put right again. */
export interface Fault {
  readonly name: string;
  readonly befalls: readonly Role[];
  /**
   * silent: the server says nothing; refusing: it ends or refuses connections; lag: it serves, but what it has is old;
   * slow: it serves all that it should, late; harmless: it goes on as before.
   */
  readonly effect: 'silent' | 'refusing' | 'lag' | 'slow' | 'harmless';
  /** What clients that write may be told when the primary has it; on a replica it is nothing. */
  readonly tolerates: readonly Tolerated[];
  /** Resolves when it has begun; the load goes on meanwhile. */
  begin(node: Node, scene: Scene): Promise<FaultUnderWay>;
}

export interface FaultUnderWay {
  /** Resolves when the server could serve again. */
  heal(): Promise<void>;
}

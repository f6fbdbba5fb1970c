/** Everything that can stand between sysbench and the primary. */
export const TARGET_NAMES = ['straight', 'haproxy', 'weir', 'weir-nosplit', 'proxysql'] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

/** Something that sysbench can be pointed at. */
export interface Target {
  readonly name: TargetName;
  /** With version, e.g. `HAProxy 2.6.12`. */
  readonly title: string;
  readonly host: string;
  readonly port: number;
  /** Root of the proxy's process tree; null for the server itself. */
  readonly pid: number | null;
  /** Clients without a statement cost no connection to a server. */
  readonly isMultiplexing: boolean;
  stop(): Promise<void>;
}

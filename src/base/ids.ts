/** Branded ids: a hostgroup number can not be passed where a connection id is wanted. */
declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Number of a hostgroup, 0 or greater; `mysql_servers.hostgroup_id`. */
export type HostgroupId = Branded<number, 'HostgroupId'>;
/** The id a client sees as its CONNECTION_ID(): counter << 8 | worker number. 32 bits, never 0. */
export type ConnectionId = Branded<number, 'ConnectionId'>;
/** `hostname:port`, or the path of a Unix socket when the port is 0. Names one server in all hostgroups. */
export type ServerKey = Branded<string, 'ServerKey'>;
/** Version of a configuration snapshot, counted up by the control process. */
export type ConfigVersion = Branded<number, 'ConfigVersion'>;

export const hostgroupId = (value: number): HostgroupId => value as HostgroupId;
export const connectionId = (counter: number, worker: number): ConnectionId =>
  ((((counter & 0xffffff) << 8) | (worker & 0xff)) >>> 0) as ConnectionId;
export const workerOfConnection = (id: ConnectionId): number => id & 0xff;
export const configVersion = (value: number): ConfigVersion => value as ConfigVersion;

/** The key of a server; `port` 0 means that `hostname` is the path of a Unix socket, as in ProxySQL. */
export function serverKey(hostname: string, port: number): ServerKey {
  return (port === 0 ? hostname : `${hostname}:${port}`) as ServerKey;
}

/** Under this name the clients of all workers are counted against `mysql-max_connections`; no server can have it. */
export const allClientsKey = '\0clients' as ServerKey;
/** The same for one user's `max_connections`; `host` where the account is one of several of that name. */
export const userClientsKey = (username: string, host?: string): ServerKey =>
  `\0user\0${username}${host === undefined ? '' : `\0${host}`}` as ServerKey;
/** True for both of these. */
export const isClientsKey = (key: ServerKey): boolean => key.startsWith('\0');

import type { HostgroupId } from '../base/ids.js';
import type { FastRoutingConfig } from '../config/snapshot.js';

/** Rows of mysql_query_rules_fast_routing, found by one or two look-ups. */
export class FastRouting {
  private readonly destinations: ReadonlyMap<string, HostgroupId>;

  constructor(rows: readonly FastRoutingConfig[]) {
    this.destinations = new Map(rows.map((row) => [keyOf(row.username, row.schemaname, row.flagIn), row.destination]));
  }

  /** The user's own row for the schema, else the one of every user (username ''), as in ProxySQL; null for neither. */
  find(username: string, schema: string, flag: number): HostgroupId | null {
    return this.destinations.get(keyOf(username, schema, flag)) ?? this.destinations.get(keyOf('', schema, flag)) ?? null;
  }
}

const keyOf = (username: string, schema: string, flag: number): string => `${flag}\0${username}\0${schema}`;

import type { ReplicationPair } from '../../config/snapshot.js';
import { type CheckOutcome, outcomeOf } from '../check-result.js';
import type { MonitorConnections } from '../monitor-connections.js';

type CheckType = ReplicationPair['checkType'];

/** The variables of each check type and how they are joined. */
const CHECKS: Readonly<Record<CheckType, { readonly variables: readonly string[]; readonly join: 'any' | 'all' }>> = {
  read_only: { variables: ['read_only'], join: 'any' },
  innodb_read_only: { variables: ['innodb_read_only'], join: 'any' },
  super_read_only: { variables: ['super_read_only'], join: 'any' },
  'read_only|innodb_read_only': { variables: ['read_only', 'innodb_read_only'], join: 'any' },
  'read_only&innodb_read_only': { variables: ['read_only', 'innodb_read_only'], join: 'all' },
};

/** Whether the server says that it is read only, by the variables of the pair's check_type. */
export async function checkReadOnly(connections: MonitorConnections, type: CheckType, timeoutMs: number): Promise<CheckOutcome<boolean>> {
  const { variables, join } = CHECKS[type];
  const sql = `SELECT ${variables.map((name) => `@@global.${name} AS ${name}`).join(', ')}`;
  try {
    const [row] = await connections.run(timeoutMs, (connection) => connection.query(sql));
    const values = variables.map((name) => isOn(row?.[name]));
    return { kind: 'ok', value: join === 'all' ? values.every(Boolean) : values.some(Boolean) };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** 0/1, or since MariaDB 12.0 OFF, ON, NO_LOCK, NO_LOCK_NO_ADMIN. What is not known to be off is on: no writes go there. */
function isOn(value: unknown): boolean {
  const text = String(value).toUpperCase();
  return text !== '0' && text !== 'OFF';
}

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

/**
 * Whether the server says that it is read only, by the variables of the pair's check_type. One that it does not know (MariaDB has no
 * super_read_only) is error 1193: a refusal, which changes no role.
 */
export async function checkReadOnly(connections: MonitorConnections, type: CheckType, timeoutMs: number): Promise<CheckOutcome<boolean>> {
  const { variables, join } = CHECKS[type];
  const sql = `SELECT ${variables.map((name) => `@@global.${name} AS ${name}`).join(', ')}`;
  try {
    const [row] = await connections.run(timeoutMs, (connection) => connection.query(sql));
    const values = variables.map((name) => isOn(name, row?.[name]));
    return { kind: 'ok', value: join === 'all' ? values.every(Boolean) : values.some(Boolean) };
  } catch (error) {
    return outcomeOf(error);
  }
}

/**
 * 0/1, or since MariaDB 12.0 OFF, ON, NO_LOCK, NO_LOCK_NO_ADMIN. What is not known to be off is on: no writes go there.
 * @throws Error when there is no value, which is no answer
 */
function isOn(name: string, value: unknown): boolean {
  if (value === undefined || value === null) throw new Error(`the server has no value for ${name}`);
  const text = String(value).toUpperCase();
  return text !== '0' && text !== 'OFF';
}

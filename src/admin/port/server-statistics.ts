import type { AdminSession } from '../context.js';
import type { AdminStatements } from './statements.js';

const NAMES = ['ProxySQL_Uptime', 'Client_Connections_connected', 'Questions', 'Slow_queries'];

/** The line that COM_STATISTICS answers (`mysqladmin status`, `\s`), of what the workers counted. */
export async function serverStatistics(statements: AdminStatements, session: AdminSession): Promise<string> {
  const list = NAMES.map((name) => `'${name}'`).join(', ');
  const text = `SELECT Variable_Name, Variable_Value FROM stats.stats_mysql_global WHERE Variable_Name IN (${list})`;
  // The session's warnings stay.
  const reply = await statements.execute(text, { ...session });
  const values = new Map(reply.kind === 'rows' ? reply.rows.map(([name, value]) => [String(name), Number(value)]) : []);
  const [uptime, threads, questions, slow] = NAMES.map((name) => values.get(name) ?? 0) as [number, number, number, number];
  const perSecond = (questions / Math.max(uptime, 1)).toFixed(3);
  return `Uptime: ${uptime}  Threads: ${threads}  Questions: ${questions}  Slow queries: ${slow}  Opens: 0  Flush tables: 0  Open tables: 0  Queries per second avg: ${perSecond}`;
}

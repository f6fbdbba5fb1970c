import { virtualTable } from './virtual-table.js';

export const statsGlobal = virtualTable(
  'stats',
  'stats_mysql_global',
  ['Variable_Name VARCHAR NOT NULL PRIMARY KEY, Variable_Value VARCHAR NOT NULL'],
  async ({ control }) => {
    const { counters, gauges } = await control.stats();
    const checks = (['connect', 'ping', 'read_only', 'replication_lag'] as const).flatMap((check) => {
      const { ok, failed } = control.monitorTotals(check);
      return [
        [`MySQL_Monitor_${check}_check_OK`, ok],
        [`MySQL_Monitor_${check}_check_ERR`, failed],
      ] as const;
    });
    const values: (readonly [string, number])[] = [
      ['ProxySQL_Uptime', Math.floor((Date.now() - control.startedAtMs) / 1000)],
      ...Object.entries(counters),
      ...Object.entries(gauges),
      ['MySQL_Thread_Workers', control.workers()],
      ['Servers_table_version', control.hosts().version],
      ['mysql_listener_paused', Number(control.paused)],
      ...checks,
    ];
    return values.map(([name, value]) => [name, String(value)]);
  },
);

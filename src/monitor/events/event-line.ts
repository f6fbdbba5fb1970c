import type { Logger } from '../../base/log.js';
import type { ServerEvent } from './event.js';

/** The log line of an event. */
export function logEvent(log: Logger, event: ServerEvent): void {
  const { kind, server, hostgroups, from, to, reason, details } = event;
  const fields = {
    event: kind,
    server,
    ...(hostgroups.length > 0 ? { hostgroups } : {}),
    from,
    to,
    ...(reason === '' ? {} : { reason }),
    ...details,
  };
  log[levelOf(event)](fields, messageOf(event));
}

function levelOf({ kind, to }: ServerEvent): 'error' | 'warn' | 'info' {
  switch (kind) {
    case 'conflict':
    case 'monitor_refusal':
    case 'worker_death':
      return 'error';
    case 'status':
    case 'joined':
      return to === 'SHUNNED' || to === 'ONLINE_UNUSED' ? 'warn' : 'info';
    case 'role':
    case 'left':
    case 'recovery':
      return 'info';
  }
}

function messageOf({ kind, from, to }: ServerEvent): string {
  switch (kind) {
    case 'joined':
      return 'server joined hostgroup';
    case 'left':
      return 'server left hostgroup';
    case 'status':
      return STATUSES[to] ?? 'server status changed';
    case 'role':
      return 'server changed its role';
    case 'conflict':
      return 'more than one server accepts writes';
    case 'monitor_refusal':
      return 'server refuses the monitor; its roles stay as they are';
    case 'worker_death':
      return 'worker died';
    case 'recovery':
      return RECOVERIES[from] ?? 'server is back';
  }
}

const STATUSES: Readonly<Record<string, string>> = {
  SHUNNED: 'server is left out',
  ONLINE_UNUSED: 'server is online and gets no statements',
};

const RECOVERIES: Readonly<Record<string, string>> = {
  ONLINE_UNUSED: 'server gets statements again',
  conflict: 'writer conflict has ended',
  refused: 'server accepts the monitor again',
  dead: 'worker runs again',
};

import { type ServerError, weirError } from '../base/errors.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import type { LossOutcome } from './lost-statement.js';

export interface LossDetails {
  readonly connection: PooledConnection;
  readonly cause: Error | null;
  /** What was only on that connection, by name; '' for nothing. */
  readonly lost: string;
  /** COMMIT, ALTER_TABLE: as in stats_mysql_commands_counters. */
  readonly statement: string;
}

/** What the client is told. `again`: it has been tried often enough. */
export function lossError(outcome: LossOutcome, { connection, cause, lost, statement }: LossDetails): ServerError {
  const server = connection.server.key;
  const hostgroup = connection.hostgroupId;
  const why = cause?.message ?? 'connection closed by the server';
  const place = `${server} in hostgroup ${hostgroup}`;
  const others = otherThanTransaction(lost);
  const alsoLost = others === '' ? '' : `; with it the session lost ${others}`;
  switch (outcome) {
    case 'again':
    case 'againReadOnly':
      return weirError('lostConnection', {}, { detail: `${place}: ${why}`, cause });
    case 'transactionLost':
      return weirError('transactionLost', { server, hostgroup }, { detail: why, cause });
    case 'stateLost':
      return weirError('sessionStateLost', { server, hostgroup, lost }, { detail: why, cause });
    case 'fateUnknown': {
      const fate = 'the statement may have been executed and is not sent twice';
      return weirError('lostConnection', {}, { detail: `${fate}${alsoLost}; ${place}: ${why}`, cause });
    }
    case 'commitUnknown': {
      const fate = `${statement} may have committed the transaction and is not sent twice`;
      return weirError('lostConnection', {}, { detail: `${fate}${alsoLost}; ${place}: ${why}`, cause });
    }
  }
}

/** Of the transaction tells the error itself. */
function otherThanTransaction(lost: string): string {
  return lost.replace(/^the open transaction(, )?/, '');
}

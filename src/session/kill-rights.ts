import { ROLE } from '../backend/connection-state.js';
import type { WholeReply } from '../backend/login/reply-rows.js';
import { rolesOf } from '../backend/login/session-setup.js';
import type { HostgroupId } from '../base/ids.js';
import type { ServerFlavour } from '../base/server-version.js';
import type { SessionContext } from './context.js';
import type { SideConnection } from './side-connection.js';
import type { StatementRunner } from './statement-runner.js';

/**
 * Whether the account of a session may end what others run: a server tells by its privileges, those of the session's roles among them. `then` is called
 * once, later; false where no server can be asked. MySQL 8.4 manual, 8.2.2, CONNECTION_ADMIN and SYSTEM_USER: sessions of accounts with SYSTEM_USER may be killed
 * by such accounts alone, and whether the other one has it can not be asked for. MariaDB: CONNECTION ADMIN (10.5.2), SUPER before.
 */
export function askKillRights(
  context: Pick<SessionContext, 'openSide' | 'pool' | 'identity'>,
  runner: StatementRunner,
  home: HostgroupId,
  then: (may: boolean) => void,
): void {
  const { flavour } = context.identity;
  const { connections, session } = runner;
  const server = connections.held?.server ?? context.pool.hostgroup(home)?.pick(null)?.server;
  if (server === undefined) {
    setImmediate(then, false);
    return;
  }
  context.openSide(server, connections.identity, (side) => {
    if (side === null) then(false);
    else
      readGrants(side, session.state.variables.get(ROLE), flavour, (grants, hasRoles) => {
        side.end();
        then(grants !== null && killsOthers(grants, flavour, hasRoles));
      });
  });
}

type OnGrants = (grants: readonly string[] | null, hasRoles: boolean) => void;

/** `roles`: those that the session has set; undefined: the login's. */
function readGrants(side: SideConnection, roles: string | undefined, flavour: ServerFlavour, onGrants: OnGrants): void {
  const set = roles === undefined ? 'DO 0' : `SET ROLE ${roles}`;
  side.ask([set, 'SELECT CURRENT_ROLE()', 'SHOW GRANTS'], (replies) => {
    const [, current, own] = replies ?? [];
    const hasRoles = current?.error === null;
    const role = current?.rows[0]?.[0] ?? null;
    // MySQL shows the privileges of roles when they are named.
    if (flavour === 'mariadb' || !hasRoles || role === null || role === 'NONE') {
      onGrants(linesOf(own), hasRoles);
      return;
    }
    side.ask([`SHOW GRANTS FOR CURRENT_USER() USING ${rolesOf(role, flavour)}`], (answer) => onGrants(linesOf(answer?.[0]), hasRoles));
  });
}

function linesOf(reply: WholeReply | undefined): readonly string[] | null {
  return reply?.error === null ? reply.rows.map(([line]) => line ?? '') : null;
}

/** `hasRoles`: on MySQL, that accounts may have SYSTEM_USER (8.0.16, where roles are of 8.0). */
function killsOthers(grants: readonly string[], flavour: ServerFlavour, hasRoles: boolean): boolean {
  const privileges = new Set(grants.flatMap((line) => /^GRANT (.+) ON \*\.\* TO /.exec(line)?.[1]?.split(/, ?/) ?? []));
  if (privileges.has('ALL PRIVILEGES')) return true;
  if (flavour === 'mariadb') return privileges.has('CONNECTION ADMIN') || privileges.has('SUPER');
  return (privileges.has('CONNECTION_ADMIN') || privileges.has('SUPER')) && (!hasRoles || privileges.has('SYSTEM_USER'));
}

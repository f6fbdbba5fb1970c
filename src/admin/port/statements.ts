import type { AdminRole, AdminSession } from '../context.js';
import type { PreparedAdminStatement, SqlParameter } from '../prepared-statement.js';
import type { AdminReply } from '../reply.js';

/** What the port needs of whoever executes statements. All but `hasSchema` throw AdminError for what the client did wrong. */
export interface AdminStatements {
  execute(sent: string, session: AdminSession, parameters?: readonly SqlParameter[]): Promise<AdminReply>;
  prepare(sent: string, session: AdminSession): PreparedAdminStatement;
  hasSchema(name: string, role: AdminRole): boolean;
}

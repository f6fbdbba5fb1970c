import type { Verdict } from '../sql/verdict.js';
import type { RouteFacts } from './route.js';

/** The servers' own: what a statement reads there by a name alone tells of one server. Some servers take any letter case. */
const SERVERS_OWN = /^(information_schema|performance_schema|mysql|sys)$/i;

export const isServersOwn = (schema: string): boolean => SERVERS_OWN.test(schema);

/** A reader may execute it, where rules, hints or its user's hostgroup say so. */
export const isProven = ({ readOnly, primaryOnly }: Verdict): boolean => readOnly && !primaryOnly;

/** Without being told: it gives the same on a reader. */
export function mayRead(verdict: Verdict, { schema }: Pick<RouteFacts, 'schema'>): boolean {
  return isProven(verdict) && !isServersOwn(schema);
}

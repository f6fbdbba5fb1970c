import { parseCredentials, textValue, type VariableValues } from './variables.js';

/** What is wrong with the accounts of the admin port taken together: a name must say which of both roles it has. */
export function adminAccountErrors(values: VariableValues): string[] {
  const [admins, stats] = ['admin-admin_credentials', 'admin-stats_credentials'].map((name) =>
    (parseCredentials(textValue(values, name)) ?? []).map(({ username }) => username),
  );
  const shared = (admins ?? []).filter((name) => stats?.includes(name));
  return shared.map(
    (name) => `admin-stats_credentials: the account ${name} is in admin-admin_credentials too; accepted: names that only one of both has`,
  );
}

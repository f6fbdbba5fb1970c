import { acceptedValues, findVariable, parseVariable, variableTable } from '../../config/variables.js';
import { suggestion } from '../catalog.js';
import { type AdminCommand, adminsOnly, literalOf } from '../command.js';
import { AdminError, ok } from '../reply.js';

/** SET mysql-x = v: memory only; LOAD … VARIABLES TO RUNTIME makes it hold. Unlike ProxySQL an unknown name is an error. */
export const setVariable: AdminCommand = {
  pattern: /^SET\s+(?:GLOBAL\s+)?["'`]?((?:mysql|admin)-[\w-]+)["'`]?\s*=\s*([\s\S]*)$/i,
  matches: 'text',
  roles: adminsOnly,
  changes: true,
  run([, name, value], { store }) {
    const record = findVariable(name!);
    if (record === undefined) {
      const near = suggestion(
        name!,
        variableTable.map((each) => each.name),
      );
      throw new AdminError(`Unknown global variable: '${name}'${near || '.'}`);
    }
    if (record.readOnly) throw new AdminError(`${record.name} can not be set`);
    if (/^(['"])(?!(?:(?!\1)[^\\]|\\.|\1\1)*\1\s*$)/s.test(value!))
      throw new AdminError(`${record.name}: there is more behind the text in quotes; accepted: one variable a SET, its value one literal`);
    const parsed = parseVariable(record, literalOf(value!));
    if (!parsed.ok) throw new AdminError(`${record.name}: this value can not be used; accepted: ${acceptedValues(record)}`);
    const update = store.database.prepare('UPDATE main.global_variables SET variable_value = ? WHERE variable_name = ?');
    return ok(update.run(parsed.value, record.name).changes);
  },
};

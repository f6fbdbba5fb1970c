import { type CnfGroup, type CnfSetting, type CnfValue, describeCnfValue } from './cnf-types.js';
import { type ConfigProblem, duplicateSettings, problemAt } from './config-problem.js';
import { acceptedValues, parseVariable, type VariableRecord } from './variable-types.js';
import { findVariable } from './variables.js';

interface VariableSection {
  readonly values: ReadonlyMap<string, string>;
  readonly errors: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/** Reads `mysql_variables = { … }` or `admin_variables = { … }`; names may carry their prefix. */
export function readVariableSection(section: CnfSetting, prefix: 'mysql' | 'admin'): VariableSection {
  const group = section.value;
  if (group.type !== 'group') {
    return {
      values: new Map(),
      errors: [problemAt(group, section.name, `found ${describeCnfValue(group)}; accepted: a group { … }`)],
      warnings: [],
    };
  }
  const errors = duplicateSettings(group, `${section.name}.`);
  const warnings: ConfigProblem[] = [];
  const values = new Map<string, string>();
  for (const setting of distinct(group)) {
    const key = `${section.name}.${setting.name}`;
    const record = findVariable(`${prefix}-${setting.name.replace(new RegExp(`^${prefix}-`), '')}`);
    if (record === undefined) warnings.push(problemAt(setting, key, 'weir does not know this variable; it is ignored'));
    else if (values.has(record.name)) errors.push(problemAt(setting, key, `sets ${record.name} a second time; accepted: once`));
    else readValue(record, setting, key, values, errors);
  }
  return { values, errors, warnings };
}

/** Settings of a group without those whose name stood there before. */
export function distinct(group: CnfGroup): CnfSetting[] {
  return group.settings.filter((setting, index) => group.settings.findIndex((other) => other.name === setting.name) === index);
}

function readValue(record: VariableRecord, setting: CnfSetting, key: string, values: Map<string, string>, errors: ConfigProblem[]): void {
  // SAVE CONFIG TO FILE writes read-only variables along; read back, they say nothing.
  if (record.readOnly) return;
  const text = textOf(setting.value);
  const parsed = text === null ? null : parseVariable(record, text);
  if (parsed?.ok) values.set(record.name, parsed.value);
  else errors.push(problemAt(setting.value, key, `found ${describeFound(record, setting.value)}; accepted: ${acceptedValues(record)}`));
}

/** As ProxySQL reads them: booleans and integers are texts too. */
function textOf(value: CnfValue): string | null {
  switch (value.type) {
    case 'string':
      return value.value;
    case 'integer':
    case 'boolean':
      return String(value.value);
    case 'float':
    case 'list':
    case 'array':
    case 'group':
      return null;
  }
}

/** A text is shown unless it may hold a password. */
function describeFound(record: VariableRecord, value: CnfValue): string {
  const isSecret = record.kind.type === 'credentials' || record.name.includes('password');
  return value.type === 'string' && !isSecret ? JSON.stringify(value.value.slice(0, 80)) : describeCnfValue(value);
}

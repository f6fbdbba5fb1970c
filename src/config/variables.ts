import { assert } from '../base/assert.js';
import type { VariableRecord } from './variable-types.js';
import { adminVariableRecords, keptAdminVariables } from './variables/admin.js';
import { dataPlaneVariableRecords, monitorVariableRecords, weirVariableRecords } from './variables/implemented.js';
import { keptConnectionVariables, keptMonitorVariables, keptQueryVariables, keptSessionDefaultVariables } from './variables/mysql-kept.js';
import { statisticsVariableRecords } from './variables/statistics.js';

export { acceptedValues, parseCredentials, parseVariable, type VariableRecord } from './variable-types.js';

/** Every variable, sorted by name. */
export const variableTable: readonly VariableRecord[] = [
  ...dataPlaneVariableRecords,
  ...monitorVariableRecords,
  ...weirVariableRecords,
  ...statisticsVariableRecords,
  ...keptConnectionVariables,
  ...keptQueryVariables,
  ...keptMonitorVariables,
  ...keptSessionDefaultVariables,
  ...adminVariableRecords,
  ...keptAdminVariables,
].sort((left, right) => (left.name < right.name ? -1 : 1));

/** The only names that weir gave to variables; the others are ProxySQL's. */
export const ownVariableNames: readonly string[] = weirVariableRecords.map((record) => record.name);

const byName = new Map(variableTable.map((record) => [record.name, record]));

/** Values by full name, in the spelling of `parseVariable`. */
export type VariableValues = ReadonlyMap<string, string>;

/** @param name with its prefix, in any case */
export function findVariable(name: string): VariableRecord | undefined {
  return byName.get(name) ?? variableTable.find((record) => record.name.toLowerCase() === name.toLowerCase());
}

/** All defaults, with `values` over them. */
export function withDefaults(values: VariableValues): Map<string, string> {
  return new Map([...variableTable.map((record) => [record.name, record.default] as const), ...values]);
}

function recordOf(name: string): VariableRecord {
  const record = byName.get(name);
  assert(record, `there is no variable ${name}`);
  return record;
}

/** The value of a variable, or its default where `values` has none. */
export function textValue(values: VariableValues, name: string): string {
  return values.get(name) ?? recordOf(name).default;
}

export function integerValue(values: VariableValues, name: string): number {
  assert(recordOf(name).kind.type === 'integer', `${name} is no integer`);
  return Number(textValue(values, name));
}

export function booleanValue(values: VariableValues, name: string): boolean {
  assert(recordOf(name).kind.type === 'boolean', `${name} is no boolean`);
  return textValue(values, name) === 'true';
}

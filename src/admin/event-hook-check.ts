import { whyNotExecutable } from '../base/program.js';
import { textValue, type VariableValues } from '../config/variables.js';

/** Why the program of mysql-event_hook can not be started as it is now; null: it can, or there is none. */
export function unusableEventHook(variables: VariableValues): string | null {
  const filename = textValue(variables, 'mysql-event_hook');
  const why = filename === '' ? null : whyNotExecutable(filename);
  return why === null ? null : `mysql-event_hook: ${filename} can not be started: ${why}; accepted: an executable file, or nothing`;
}

/** The same for a change: a program that ran before and went since must not stand in the way of other variables. */
export function newEventHookErrors(before: VariableValues, after: VariableValues): string[] {
  const isNew = textValue(before, 'mysql-event_hook') !== textValue(after, 'mysql-event_hook');
  const why = isNew ? unusableEventHook(after) : null;
  return why === null ? [] : [why];
}

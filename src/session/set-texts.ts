import type { GlobalCounters } from '../stats/global-counters.js';
import type { ClientOutput } from './client-output.js';

/** What of a SET is not about variables that the session carries: the counters, and what the client wants to be told. */
export function noteSet(text: Buffer, output: ClientOutput, counters: GlobalCounters): void {
  const sql = text.toString('latin1');
  output.choosesVariables = output.choosesVariables || /session_track_system_variables/i.test(sql);
  output.choosesChanges = output.choosesChanges || /session_track_state_change/i.test(sql);
  if (/\bautocommit\b/i.test(sql)) counters.comAutocommit++;
  if (/\bnames\b/i.test(sql)) counters.comFrontendSetNames++;
}

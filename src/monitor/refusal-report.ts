import type { ServerKey } from '../base/ids.js';
import type { Logger } from '../base/log.js';
import type { CheckName } from './check-log.js';
import type { Refusals } from './observation.js';
import { type Refusal, refusalName } from './refusal.js';

/** One log line for each objection that a server begins to have, whatever checks meet it, and one for each that it has no more. */
export function reportRefusals(log: Logger, server: ServerKey, before: Refusals, after: Refusals): void {
  const [old, now] = [byName(before), byName(after)];
  for (const [name, { check, refusal }] of now) {
    if (old.has(name)) continue;
    const { cause, errno, message } = refusal;
    log.error({ server, check, cause, errno, error: message }, 'server refuses the monitor; its roles stay as they are');
  }
  for (const [name, { check, refusal }] of old) {
    if (!now.has(name)) log.info({ server, check, cause: refusal.cause, errno: refusal.errno }, 'server accepts the monitor again');
  }
}

function byName(refusals: Refusals): Map<string, { readonly check: CheckName; readonly refusal: Refusal }> {
  const found = new Map<string, { check: CheckName; refusal: Refusal }>();
  for (const [check, refusal] of Object.entries(refusals) as [CheckName, Refusal][]) {
    if (!found.has(refusalName(refusal))) found.set(refusalName(refusal), { check, refusal });
  }
  return found;
}

import { patientTimeout } from '../base/patient-timeout.js';
import type { Transport } from './transport.js';

/** How long a peer may take nothing of what is pending for it at the end, ms: the default of servers (net_write_timeout). */
const UNREAD_MS = 60_000;

/** Calls `giveUp` once nothing of the pending bytes has gone for so long; the returned function takes it back. */
export function limitUnread(transport: Pick<Transport, 'pendingBytes'>, giveUp: () => void): () => void {
  let cancel = (): void => {};
  const look = (): void => {
    const before = transport.pendingBytes;
    cancel = patientTimeout(() => (transport.pendingBytes < before ? look() : giveUp()), UNREAD_MS);
  };
  look();
  return () => cancel();
}

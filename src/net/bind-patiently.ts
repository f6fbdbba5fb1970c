import { type BoundListener, bindListener, type ListenAddress, ListenError } from './listener.js';

const RETRY_INTERVAL_MS = 100;

/**
 * Binds; while the port is in use, tries again until the deadline (as of `performance.now()`).
 * @throws ListenError
 */
export async function bindPatiently(address: ListenAddress, deadline: number): Promise<BoundListener> {
  for (;;) {
    try {
      return await bindListener(address);
    } catch (error) {
      if (!(error instanceof ListenError) || error.code !== 'EADDRINUSE' || performance.now() > deadline) throw error;
      await new Promise((later) => setTimeout(later, RETRY_INTERVAL_MS));
    }
  }
}

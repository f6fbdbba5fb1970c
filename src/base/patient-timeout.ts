/** How many times a wait is looked at: a pause of the machine costs it one part of its time. */
const PARTS = 4;

/**
 * Calls `callback` once after `timeoutMs` of waiting, for a peer that is given up then; the returned function takes it back. Time that this
 * process could not see go by hardly counts: a paused or overloaded machine says nothing about the peer, whose answer may even have arrived
 * (timers run before sockets are read). So the wait has parts, a part counts as one however late it ends, and an end that comes late is put
 * off by one more part. In a process in time it takes `timeoutMs`, give or take a millisecond a part.
 */
export function patientTimeout(callback: () => void, timeoutMs: number): () => void {
  const partMs = timeoutMs / PARTS;
  let partsLeft = PARTS;
  let isPutOff = false;
  let timer: NodeJS.Timeout;
  const begin = (): void => {
    const startedMs = performance.now();
    timer = setTimeout(() => {
      partsLeft -= 1;
      if (partsLeft > 0) begin();
      else if (!isPutOff && performance.now() - startedMs > 2 * partMs) {
        isPutOff = true;
        begin();
      } else callback();
    }, partMs);
  };
  begin();
  return () => clearTimeout(timer);
}

/**
 * Lets work begin one after the other, each when this process has looked once at what its sockets brought since the one before: as
 * fast as it can deal with the answers. Nothing waits for an answer itself, so whoever never gets one holds up nobody.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  next(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.#last;
  }
}

import type { ServerError } from '../base/errors.js';

/** What the parts of a runner ask it for. */
export interface RunnerSteps {
  /** Gets the command a connection, and goes on with it there. */
  lease(): void;
  /**
   * The command ends with this error. `sequence`: of the ERR packet, where a part of the reply has been sent; else -1. `isServers`: it is what
   * a server shows, and the session has been told where.
   */
  fail(error: ServerError, sequence: number, isServers?: boolean): void;
}

/** `RunnerSteps.fail`: nothing of a reply has been sent. */
export const UNANSWERED = -1;

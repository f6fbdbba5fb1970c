/** Thrown when the program contradicts itself; never for wrong input of a client, a server or an operator. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * States an invariant in running code.
 * @throws AssertionError when the condition does not hold
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/**
 * The default branch of an exhaustive switch: it does not compile while a case is missing.
 * @throws AssertionError when a value outside the union got here all the same
 */
export function assertNever(value: never, message = 'value outside its union'): never {
  throw new AssertionError(`${message}: ${String(value)}`);
}

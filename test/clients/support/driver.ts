import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const runFile = promisify(execFile);
export const PROGRAMS = fileURLToPath(new URL('../programs/', import.meta.url));

/** A driver or ORM and the program that uses it. The schema of its program is `app_` and its name. */
export interface Driver {
  readonly name: string;
  /** What runs the program; paths are relative to test/clients/programs. */
  readonly command: readonly string[];
  /** Ends with 0 where the driver is installed. */
  readonly probe: readonly string[];
  /** What to install where it is not. */
  readonly needs: string;
  /** Whether the machines of the CI have it: it must run there. */
  readonly isInCi: boolean;
  /** Runs once before the program, e.g. a compiler; `{out}` is a directory that is removed afterwards, in `command` too. */
  readonly build?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Whether the driver is on this machine. @throws in CI where it has to be */
export async function isInstalled(driver: Driver): Promise<boolean> {
  const [program, ...args] = driver.probe;
  try {
    await runFile(program!, args, { cwd: PROGRAMS, env: { ...process.env, ...driver.environment } });
    return true;
  } catch (error) {
    if (driver.isInCi && process.env['CI'] === 'true') throw new Error(`${driver.name} is missing: ${driver.needs}`, { cause: error });
    return false;
  }
}

/** Builds what has to be built. */
export async function buildProgram(driver: Driver, out: string): Promise<void> {
  if (driver.build === undefined) return;
  const [program, ...args] = withOut(driver.build, out);
  await runFile(program!, args, { cwd: PROGRAMS, env: { ...process.env, ...driver.environment } });
}

/** A command line with the place of its directory filled in. */
export function withOut(command: readonly string[], out: string): string[] {
  return command.map((word) => word.replaceAll('{out}', out));
}

/** A file under programs, for command lines. */
export function programFile(...parts: readonly string[]): string {
  return path.join(PROGRAMS, ...parts);
}

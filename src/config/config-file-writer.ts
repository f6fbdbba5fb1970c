import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';

/**
 * Writes a configuration file whole or not at all, readable by its owner only since passwords are in it.
 * @throws what the file system throws; a file that was there is unchanged then
 */
export function writeConfigFile(path: string, text: string): void {
  // A device or a directory is not replaced by a file.
  const known = statSync(path, { throwIfNoEntry: false });
  if (known !== undefined && !known.isFile()) throw new Error('it is there and no plain file');
  const part = `${path}.${process.pid}.part`;
  try {
    const file = openSync(part, 'w', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from './bootstrap.mjs';

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly name: string;
  readonly text: string;
}

/** Every file below `folder` (relative to the repository) whose name ends in one of `endings`; none when there is no such folder. */
export function sourceFiles(folder: string, endings: readonly string[] = ['.ts']): SourceFile[] {
  if (!existsSync(path.join(REPOSITORY, folder))) return [];
  return readdirSync(path.join(REPOSITORY, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ name: path.relative(REPOSITORY, file).split(path.sep).join('/'), text: readFileSync(file, 'utf8') }));
}

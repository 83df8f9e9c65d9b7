// Where this installation keeps its executables and its pages.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds bin/ and man/, upwards from this file: it is bundled in one place and compiled in another. */
function root(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'bin', 'leat')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
export const binFolder = (): string => join(root(), 'bin');
export const manFile = (page: string): string => join(root(), 'man', page);

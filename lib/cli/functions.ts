// `--functions FILE.mjs`: the module is run and what it declares is known to expressions before any of them is read. It is code of the user's, with the user's rights; only the command
// line names it, never data. What a declaration must be is checked in expr/functions/user.ts.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LeatError } from '../errors.js';
import { declare, digestOf, Misdeclared } from '../expr/functions/user.js';
import { openError } from '../io/input.js';
import { Failure } from '../runtime/report.js';

/** Files that words name by --functions, in front of `--`. */
export function functionFiles(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--'), options = end < 0 ? words : words.slice(0, end);
  return options.flatMap((word, i) => word.startsWith('--functions=') ? [word.slice('--functions='.length)] : word === '--functions' && i + 1 < words.length ? [words[i + 1]] : []);
}

/** Errors: Failure around E_FILE, E_PERMISSION, E_OPTION with its place in the module. */
export async function loadFunctions(words: readonly string[], tool: string): Promise<void> {
  for (const file of functionFiles(words)) {
    if (digestOf(file) !== undefined) continue;
    let text: Buffer;
    try { text = readFileSync(file); } catch (error) { throw new Failure(openError(file, error), tool); }
    const { importModule } = await import('./module.js');
    let module: Readonly<Record<string, unknown>>;
    try { module = await importModule(pathToFileURL(resolve(file)).href); } catch (error) { throw new Failure(new LeatError('E_OPTION', { what: `--functions: the module cannot be run: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, help: 'leat help functions' }), tool, thrownAt(error, file)); }
    try { declare(module['default'], file, `sha256:${createHash('sha256').update(text).digest('hex')}`); } catch (error) {
      if (!(error instanceof Misdeclared)) throw error;
      error.message = `--functions: ${error.message}`;
      throw new Failure(error, tool, placeOf(text.toString(), file, error.named));
    }
  }
}

/** The line that a module threw at, or could not be read at. */
function thrownAt(error: unknown, file: string): string {
  const stack = error instanceof Error ? error.stack ?? '' : '', at = stack.indexOf(pathToFileURL(resolve(file)).href), line = at < 0 ? undefined : /^[^\s:]*:\/\/[^\s:]*:(\d+)/.exec(stack.slice(at))?.[1];
  return line === undefined ? file : `${file}:${line}`;
}

/** Where a function has its name. */
function placeOf(text: string, file: string, name: string | undefined): string {
  const at = name === undefined ? -1 : Math.max(text.indexOf(`'${name}'`), text.indexOf(`"${name}"`), text.indexOf(`\`${name}\``));
  if (at < 0) return file;
  const before = text.slice(0, at).split('\n');
  return `${file}:${before.length}:${[...before[before.length - 1]].length + 1}`;
}

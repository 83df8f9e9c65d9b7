// Standard input and output of this process put on files, as a shell does it before it starts a program. Owns: opening what `<`, `>` and `>>` name.
import { closeSync, openSync, statSync } from 'node:fs';
import { LeatError, reason } from '../errors.js';
import { checkFile, openError } from '../io/input.js';
import type { FileText, Line } from '../plan/shell.js';

/** Errors: E_FILE, E_PERMISSION, E_USAGE (a directory). */
export function openRead({ path }: FileText): number {
  checkFile(path);
  try { return openSync(path, 'r'); } catch (error) { throw openError(path, error); }
}

/** `reads`: what is read by name; a file that is emptied before it is read is no output. Errors: E_WRITE, E_PERMISSION, E_USAGE. */
export function openWritten({ path }: FileText, append: boolean, reads: readonly string[]): number {
  const before = statSync(path, { throwIfNoEntry: false });
  const same = before?.isFile() !== true ? undefined : reads.find((name) => { const stat = statSync(name, { throwIfNoEntry: false }); return stat?.dev === before.dev && stat.ino === before.ino; });
  if (same !== undefined) throw new LeatError('E_USAGE', { what: `${path} is also an input; ${append ? 'what is added would be read again' : 'opening it for writing would empty it'}`, help: 'another FILE' });
  try { return openSync(path, append ? 'a' : 'w', 0o666); } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'EACCES' || code === 'EPERM' ? new LeatError('E_PERMISSION', { file: path }) : new LeatError('E_WRITE', { file: path, why: reason(code, message), help: '' });
  }
}

/** With a checkpoint: `>` would throw away what the last run has committed. */
export function refuseEmptied(text: string, { output }: Line): void {
  if (output?.append === false) throw new LeatError('E_USAGE', { what: `> empties ${output.path}, and a checkpoint goes on behind what it holds`, help: `>> ${output.path}, or | to file ${output.path}` }, { text, start: output.start, end: output.end });
}

/** Of this process: a descriptor that is closed is the next one that open(2) gives. */
export function redirect({ input, output }: Line, files: readonly string[]): void {
  const reads = [...files, ...input === undefined ? [] : [input.path]];
  if (input !== undefined) { const early = openRead(input); closeSync(0); openRead(input); closeSync(early); }
  if (output !== undefined) { const early = openWritten(output, output.append, reads); closeSync(1); openWritten(output, output.append, reads); closeSync(early); }
}

// What a case expects against what came out: differences as text, none where all is well.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { escape, lines } from './case.js';
import type { Case } from './case.js';
import { contents, filesOf } from './results.js';
import type { Result } from './shell.js';

export function differences(expected: Case, got: Result, folder: string): string[] {
  const out: string[] = [], there = expected.resultsOnly ? filesOf(folder) : [];   // listed first: looking into a database makes files beside it
  if (got.exit !== expected.exit) out.push(`exit: expected ${expected.exit}, got ${got.exit}`);
  if (!Buffer.from(got.stdout).equals(expected.stdout)) out.push(...different('stdout', show(expected.stdout), show(got.stdout)));
  if (expected.stderrHas) {
    for (const line of lines(expected.stderr)) if (!got.stderr.split('\n').some((each) => each.includes(line))) out.push(`stderr: no line has: ${line}\n${got.stderr}`);
  } else if (sorted(got.stderr) !== sorted(expected.stderr)) out.push(...different('stderr', expected.stderr, got.stderr));
  for (const [name, bytes] of Object.entries(expected.results)) {
    const file = join(folder, name), found = existsSync(file) ? Buffer.from(contents(file)) : undefined;
    if (found === undefined || !found.equals(bytes)) out.push(...different(name, show(bytes), found === undefined ? 'no such file' : show(found)));
  }
  if (expected.resultsOnly) {
    for (const name of there) {
      if (Object.hasOwn(expected.results, name) || name === '.stdout') continue;
      const given = expected.files[name];
      if (given === undefined) out.push(`${name}: nobody expects this file`);
      else if (!readFileSync(join(folder, name)).equals(given)) out.push(`${name}: it has changed`);
    }
  }
  return out;
}

/** Processes of one pipe speak in any order. */
const sorted = (text: string): string => text.split('\n').sort().join('\n');
const show = (bytes: Uint8Array): string => { const text = Buffer.from(bytes).toString(); return Buffer.from(text).equals(bytes) ? text : escape(bytes); };

function different(what: string, expected: string, got: string): string[] {
  const a = expected.split('\n'), b = got.split('\n'), at = a.findIndex((line, i) => line !== b[i]), from = at < 0 ? a.length : at;
  const some = (list: string[]): string => list.slice(from, from + 6).map((line) => `    ${line.length > 300 ? `${line.slice(0, 300)}…` : line}`).join('\n');
  return [`${what} differs from line ${from + 1} on (${a.length - 1} lines expected, ${b.length - 1} came):\n  expected\n${some(a)}\n  got\n${some(b)}`];
}
